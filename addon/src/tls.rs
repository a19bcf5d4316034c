//! Certificates of its own, from files in PEM.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::AddonTls;

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read, or is none.
    #[error("tls.{key} ({file}): {reason}")]
    File {
        /// Its key in the configuration.
        key: &'static str,
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The two do not fit.
    #[error("tls: the certificate and its key cannot be used together: {0}")]
    Unfit(#[from] rustls::Error),
}

/// What answers TLS handshakes.
pub(crate) fn acceptor(files: &AddonTls) -> Result<TlsAcceptor, TlsError> {
    let unusable = |key, file: &Path, reason: &dyn std::fmt::Display| TlsError::File {
        key,
        file: file.display().to_string(),
        reason: reason.to_string(),
    };
    let path = files.certificate.as_path();
    let chain = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unusable("cert", path, &error))?;
    if chain.is_empty() {
        return Err(unusable("cert", path, &"there is no certificate in it"));
    }
    let path = files.key.as_path();
    let key = PrivateKeyDer::from_pem_file(path);
    let key = key.map_err(|error| unusable("key", path, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
