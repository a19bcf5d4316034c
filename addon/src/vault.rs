//! What is kept encrypted, and what only a hash is kept of. All of it hangs on one key.
//!
//! - OAuth and API access tokens and the owners' e-mail addresses: XChaCha20-Poly1305 with random nonces,
//!   bound to the kind of text and the shop, so that no row can be passed off as another's.
//! - Pairing codes: HMAC-SHA256. Their 95 bits are out of reach of guessing even where the hash is known;
//!   with a key, a stolen state file does not even show whether a guess is right.
//! - Pairing secrets: SHA-256, as 256 random bits need no more.
//!
//! Each purpose has a key of its own, made of the one by HMAC-SHA256.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;

use caflou_sync::pairing::PairingCode;

/// Bytes of the key, of a hash and of a pairing secret.
const BYTES: usize = 32;
const NONCE: usize = 24;

/// Why something cannot be encrypted or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VaultError {
    /// The key has another form.
    #[error(
        "the key is not 32 bytes as 64 hexadecimal digits or as Base64; make one: openssl rand -hex 32"
    )]
    Key,
    /// What was stored was not encrypted with this key, for this place.
    #[error("what is stored cannot be decrypted: it was changed, or the key is another")]
    Sealed,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// What an encrypted text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An OAuth access token.
    OauthToken,
    /// An API access token.
    AccessToken,
    /// The owner's e-mail address.
    Contact,
}

/// Encrypts and hashes. Debug shows no key.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    codes: hmac::Key,
    addresses: hmac::Key,
    fingerprint: [u8; BYTES],
    random: SystemRandom,
}

/// A pairing secret that was just made, and what is kept of it.
#[derive(Debug)]
pub struct NewSecret {
    /// For the program.
    pub secret: SecretString,
    /// For the database.
    pub hash: [u8; BYTES],
}

impl Vault {
    /// The vault of a key: 32 bytes, as 64 hexadecimal digits or as Base64.
    ///
    /// # Errors
    /// [`VaultError::Key`].
    pub fn new(key: &SecretString) -> Result<Self, VaultError> {
        let key = parse_key(key.expose_secret().trim()).ok_or(VaultError::Key)?;
        let key = hmac::Key::new(HMAC_SHA256, &key);
        let derived = |purpose: &str| hmac::sign(&key, purpose.as_bytes());
        let seal = derived("caflou-sync add-on 1: encryption");
        let codes = derived("caflou-sync add-on 1: pairing codes");
        let addresses = derived("caflou-sync add-on 1: addresses");
        let mut fingerprint = [0; BYTES];
        fingerprint.copy_from_slice(derived("caflou-sync add-on 1: fingerprint").as_ref());
        Ok(Self {
            cipher: XChaCha20Poly1305::new_from_slice(seal.as_ref())
                .map_err(|_| VaultError::Key)?,
            codes: hmac::Key::new(HMAC_SHA256, codes.as_ref()),
            addresses: hmac::Key::new(HMAC_SHA256, addresses.as_ref()),
            fingerprint,
            random: SystemRandom::new(),
        })
    }

    /// Tells keys apart and tells nothing of them.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; BYTES] {
        self.fingerprint
    }

    /// Encrypts a text of a shop: the nonce, then the text.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn seal(
        &self,
        kind: Kind,
        eshop_id: u64,
        text: &SecretString,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE] = self.random()?;
        let payload = Payload {
            msg: text.expose_secret().as_bytes(),
            aad: &place(kind, eshop_id),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| VaultError::Sealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] gave for the same kind and shop.
    ///
    /// # Errors
    /// [`VaultError::Sealed`].
    pub fn open(
        &self,
        kind: Kind,
        eshop_id: u64,
        sealed: &[u8],
    ) -> Result<SecretString, VaultError> {
        let (nonce, sealed) = sealed.split_first_chunk().ok_or(VaultError::Sealed)?;
        let payload = Payload {
            msg: sealed,
            aad: &place(kind, eshop_id),
        };
        let text = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        let text = text.map_err(|_| VaultError::Sealed)?;
        let text = String::from_utf8(text).map_err(|_| VaultError::Sealed)?;
        Ok(text.into())
    }

    /// A new pairing code.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn new_code(&self) -> Result<PairingCode, VaultError> {
        Ok(PairingCode::from_random(&self.random()?))
    }

    /// What is kept of a pairing code of a shop.
    #[must_use]
    pub fn code_hash(&self, eshop_id: u64, code: &PairingCode) -> [u8; BYTES] {
        let mut hash = [0; BYTES];
        let tag = hmac::sign(&self.codes, &code_of_shop(eshop_id, code));
        hash.copy_from_slice(tag.as_ref());
        hash
    }

    /// Whether it is the code of which this is kept; in constant time.
    #[must_use]
    pub fn code_fits(&self, eshop_id: u64, code: &PairingCode, hash: &[u8]) -> bool {
        hmac::verify(&self.codes, &code_of_shop(eshop_id, code), hash).is_ok()
    }

    /// What is kept of the address of a client that tried a wrong code.
    #[must_use]
    pub fn address_hash(&self, address: &str) -> Vec<u8> {
        let tag = hmac::sign(&self.addresses, address.as_bytes());
        tag.as_ref().to_vec()
    }

    /// A new pairing secret: 256 random bits as Base64 for addresses.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn new_secret(&self) -> Result<NewSecret, VaultError> {
        let bytes: [u8; BYTES] = self.random()?;
        Ok(NewSecret {
            secret: URL_SAFE_NO_PAD.encode(bytes).into(),
            hash: Sha256::digest(bytes).into(),
        })
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], VaultError> {
        let mut bytes = [0; N];
        let filled = self.random.fill(&mut bytes);
        filled.map(|()| bytes).map_err(|_| VaultError::Random)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// What is kept of a pairing secret; `None` where the text is none.
#[must_use]
pub fn secret_hash(secret: &str) -> Option<[u8; BYTES]> {
    let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
    Some(Sha256::digest(bytes).into())
}

fn parse_key(text: &str) -> Option<[u8; BYTES]> {
    if text.len() == 2 * BYTES {
        return unhex(text)?.try_into().ok();
    }
    let decoded = STANDARD
        .decode(text)
        .or_else(|_| STANDARD_NO_PAD.decode(text));
    let decoded = decoded.or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')));
    decoded.ok()?.try_into().ok()
}

/// The bytes of hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    let bytes = pairs.map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    bytes.collect()
}

/// What an encrypted text is bound to.
fn place(kind: Kind, eshop_id: u64) -> Vec<u8> {
    let kind = match kind {
        Kind::OauthToken => "oauth-token",
        Kind::AccessToken => "access-token",
        Kind::Contact => "contact",
    };
    format!("{kind}:{eshop_id}").into_bytes()
}

fn code_of_shop(eshop_id: u64, code: &PairingCode) -> Vec<u8> {
    format!("{eshop_id}:{code}").into_bytes()
}

#[cfg(test)]
mod tests;
