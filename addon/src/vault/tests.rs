use super::*;

fn vault(key: &str) -> Vault {
    Vault::new(&key.repeat(32).into()).unwrap()
}

#[test]
fn a_key_is_hexadecimal_or_base64_and_nothing_else() {
    let hex = "00".repeat(32);
    for key in [
        hex.as_str(),
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let made = Vault::new(&key.into()).unwrap();
        assert_eq!(made.fingerprint(), vault("00").fingerprint(), "{key}");
    }
    for key in [
        "",
        "a good long pass phrase of a person",
        &hex[2..],
        &"é".repeat(32),
    ] {
        let error = Vault::new(&key.into()).unwrap_err();
        assert_eq!(error, VaultError::Key);
    }
}

#[test]
fn a_text_is_read_only_with_its_key_in_its_place() {
    let vault_a = vault("a1");
    let text = SecretString::from("the token");
    let sealed = vault_a.seal(Kind::OauthToken, 7, &text).unwrap();
    let read = vault_a.open(Kind::OauthToken, 7, &sealed).unwrap();
    assert_eq!(read.expose_secret(), "the token");
    let open =
        |vault: &Vault, kind, eshop_id, sealed: &[u8]| vault.open(kind, eshop_id, sealed).err();
    let refused = Some(VaultError::Sealed);
    assert_eq!(open(&vault_a, Kind::OauthToken, 8, &sealed), refused);
    assert_eq!(open(&vault_a, Kind::AccessToken, 7, &sealed), refused);
    assert_eq!(open(&vault("b2"), Kind::OauthToken, 7, &sealed), refused);
    assert_eq!(open(&vault_a, Kind::OauthToken, 7, &sealed[..20]), refused);
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert_eq!(open(&vault_a, Kind::OauthToken, 7, &changed), refused);
    }
    let again = vault_a.seal(Kind::OauthToken, 7, &text).unwrap();
    assert_ne!(sealed, again, "each has a nonce of its own");
}

#[test]
fn a_code_is_known_only_with_the_key_and_for_its_shop() {
    let vault_a = vault("a1");
    let code = vault_a.new_code().unwrap();
    let hash = vault_a.code_hash(7, &code);
    assert!(vault_a.code_fits(7, &code, &hash));
    assert!(!vault_a.code_fits(8, &code, &hash));
    assert!(!vault("b2").code_fits(7, &code, &hash));
    assert!(!vault_a.code_fits(7, &vault_a.new_code().unwrap(), &hash));
    assert!(!vault_a.code_fits(7, &code, &[]));
}

#[test]
fn of_a_secret_only_its_hash_is_kept() {
    let made = vault("a1").new_secret().unwrap();
    assert_eq!(made.secret.expose_secret().len(), 43);
    assert_eq!(secret_hash(made.secret.expose_secret()), Some(made.hash));
    assert_eq!(secret_hash("short"), None);
    assert_eq!(format!("{:?}", vault("a1")), "Vault(…)");
}
