//! Editing the text of a crontab: our lines stand between two marks, all others stay as they are.

use std::fmt::Write;

use thiserror::Error;

use super::{TimerJob, When};
use crate::shell::word;

const BEGIN: &str = "# >>> caflou-sync schedule: made by `caflou-sync schedule install`, taken away by `uninstall` >>>";
const END: &str = "# <<< caflou-sync schedule <<<";
/// What both marks begin with; the rest of the line is for people.
const BEGINS: &str = "# >>> caflou-sync schedule";
const ENDS: &str = "# <<< caflou-sync schedule";

/// A crontab that is better edited by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CrontabError {
    /// A mark without its fellow, or a second block.
    #[error(
        "line {0} of the crontab is a mark of caflou-sync that is out of place: repair it by `crontab -e` (its \
         lines stand once between `# >>> caflou-sync schedule` and `# <<< caflou-sync schedule`)"
    )]
    HalfBlock(usize),
}

/// Our lines, with their marks. `variables` are set for the program.
#[must_use]
pub fn block(job: &TimerJob, when: &When, variables: &[(String, String)]) -> String {
    let mut command = String::new();
    for (name, value) in variables {
        let _ = write!(command, "{name}={} ", word(value));
    }
    command.push_str(&word(&job.program));
    // What is written while all is well would be a mail each time.
    command.push_str(" --quiet");
    for argument in job.arguments() {
        command.push(' ');
        command.push_str(&word(argument));
    }
    let command = for_cron(&command);
    let fields = when.fields();
    let lines = fields.iter().map(|fields| format!("{fields} {command}\n"));
    let lines: String = lines.collect();
    format!("{BEGIN}\n{lines}{END}\n")
}

/// cron takes a bare percent sign for the end of the line.
fn for_cron(command: &str) -> String {
    command.replace('%', "\\%")
}

/// A word of a crontab's line.
pub(super) fn quoted_for_cron(text: &str) -> String {
    for_cron(&word(text))
}

/// The crontab with `block` in it: in the place of the former one, else at the end.
pub fn with_block(crontab: &str, block: &str) -> Result<String, CrontabError> {
    let Some((before, after)) = around(crontab)? else {
        let whole = crontab.is_empty() || crontab.ends_with('\n');
        let gap = if whole { "" } else { "\n" };
        return Ok(format!("{crontab}{gap}{block}"));
    };
    Ok(format!("{before}{block}{after}"))
}

/// The crontab without our block; `None` where it has none.
pub fn without_block(crontab: &str) -> Result<Option<String>, CrontabError> {
    Ok(around(crontab)?.map(|(before, after)| format!("{before}{after}")))
}

/// Our block; empty where there is none.
pub(super) fn our_block(crontab: &str) -> Result<&str, CrontabError> {
    let block = around(crontab)?.map(|(before, after)| {
        let end = crontab.len() - after.len();
        &crontab[before.len()..end]
    });
    Ok(block.unwrap_or_default())
}

/// What stands before and after our block.
fn around(crontab: &str) -> Result<Option<(&str, &str)>, CrontabError> {
    let (mut begin, mut found, mut offset) = (None, None, 0);
    for (index, line) in crontab.split_inclusive('\n').enumerate() {
        let (start, end) = (offset, offset + line.len());
        offset = end;
        if line.starts_with(BEGINS) {
            if begin.is_some() || found.is_some() {
                return Err(CrontabError::HalfBlock(index + 1));
            }
            begin = Some((start, index + 1));
        } else if line.starts_with(ENDS) {
            let Some((start, _)) = begin.take() else {
                return Err(CrontabError::HalfBlock(index + 1));
            };
            found = Some((start, end));
        }
    }
    if let Some((_, line)) = begin {
        return Err(CrontabError::HalfBlock(line));
    }
    Ok(found.map(|(start, end)| (&crontab[..start], &crontab[end..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str =
        "# >>> caflou-sync schedule >>>\n1 2 * * * new\n# <<< caflou-sync schedule <<<\n";
    const FORMER: &str = "# >>> caflou-sync schedule: 1.0\n9 9 * * * old\n8 8 * * * old\n# <<< caflou-sync schedule\n";

    #[test]
    fn the_block_has_a_line_for_each_time() {
        let job = TimerJob {
            program: "/usr/local/bin/caflou-sync".into(),
            config: "/home/eva/caflou/connections.toml".into(),
            state: None,
        };
        let times = ["03:15", "15:05"].map(|text| When::time(text).unwrap());
        insta::assert_snapshot!(block(&job, &When::at(&times), &[]), @r"
        # >>> caflou-sync schedule: made by `caflou-sync schedule install`, taken away by `uninstall` >>>
        15 3 * * * /usr/local/bin/caflou-sync --quiet --config /home/eva/caflou/connections.toml run --scheduled
        5 15 * * * /usr/local/bin/caflou-sync --quiet --config /home/eva/caflou/connections.toml run --scheduled
        # <<< caflou-sync schedule <<<
        ");
    }

    #[test]
    fn words_are_quoted_for_the_shell_and_percent_signs_for_cron() {
        let job = TimerJob {
            program: "/opt/100%/caflou-sync".into(),
            config: "/home/eva/it's mine/$HOME `x`.toml".into(),
            state: Some("/home/eva/stav dat.db".into()),
        };
        let variables = [("XDG_DATA_HOME".to_owned(), "/home/eva/my data".to_owned())];
        let block = block(&job, &When::default(), &variables);
        insta::assert_snapshot!(block.lines().nth(1).unwrap(), @r"15 3 * * * XDG_DATA_HOME='/home/eva/my data' '/opt/100\%/caflou-sync' --quiet --config '/home/eva/it'\''s mine/$HOME `x`.toml' --state '/home/eva/stav dat.db' run --scheduled");
    }

    #[test]
    fn other_lines_stay_byte_for_byte() {
        // before the block, after it
        let table = [
            ("", ""),
            ("MAILTO=eva@example.cz\n", ""),
            (
                "# a comment\n\n*/5 * * * * date +\\%F\r\n",
                "@daily  backup\n\n# end\n",
            ),
            ("", "PATH=/usr/bin\n0 1 * * *\tx"),
            (
                "# >> caflou-sync schedule\n",
                "0 5 * * * caflou-sync run # <<< caflou-sync schedule\n",
            ),
        ];
        for (before, after) in table {
            let others = format!("{before}{after}");
            let replaced = with_block(&format!("{before}{FORMER}{after}"), BLOCK).unwrap();
            assert_eq!(replaced, format!("{before}{BLOCK}{after}"));
            let again = with_block(&replaced, BLOCK).unwrap();
            assert_eq!(again, replaced, "a second time changes nothing");
            assert_eq!(without_block(&replaced).unwrap(), Some(others.clone()));
            assert_eq!(without_block(&others).unwrap(), None);
            let added = with_block(&others, BLOCK).unwrap();
            let lines: Vec<_> = others.lines().chain(BLOCK.lines()).collect();
            assert_eq!(added.lines().collect::<Vec<_>>(), lines);
            assert!(added.starts_with(&others) && added.ends_with(BLOCK));
        }
    }

    #[test]
    fn a_block_out_of_place_is_not_guessed_at() {
        let twice = format!("{BLOCK}{BLOCK}");
        let nested = format!("# >>> caflou-sync schedule\n{BLOCK}");
        let table = [
            ("x\n# >>> caflou-sync schedule\n1 1 * * * y\n", 2),
            ("x\n# <<< caflou-sync schedule\n", 2),
            (&nested, 2),
            (&twice, 4),
        ];
        for (crontab, line) in table {
            let error = CrontabError::HalfBlock(line);
            assert_eq!(with_block(crontab, BLOCK), Err(error), "{crontab}");
            assert_eq!(without_block(crontab), Err(error), "{crontab}");
        }
    }
}
