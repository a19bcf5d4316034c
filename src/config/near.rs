//! Near misses: what a mistyped word was meant to be.

/// The candidate that `word` most likely stands for, if one is near enough: at most one mistake in
/// three letters. Case does not count, nor whether words are joined by `-` or `_`.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = plain(word);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &plain(candidate)),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_wins_and_a_far_one_is_not_suggested() {
        let words = ["private_token", "oauth_token", "token_url", "api_url"];
        assert_eq!(nearest("oath_token", words), Some("oauth_token"));
        assert_eq!(nearest("Private-Token", words), Some("private_token"));
        assert_eq!(nearest("ap_url", words), Some("api_url"));
        assert_eq!(nearest("keyring", words), None);
        assert_eq!(nearest("", words), None);
    }
}
