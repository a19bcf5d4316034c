//! HTTPS without a proxy.

use std::fs;
use std::io;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::stage::{Answer, Stage, read};

/// A request to a backend whose certificate is the only one that is trusted.
fn ask(stage: &Stage, certificate: &CertificateDer<'static>) -> io::Result<Answer> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let stream = TcpStream::connect(stage.url.trim_start_matches("http://")).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await?;
        let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok(read(bytes.as_slice()))
    })
}

#[test]
fn with_a_certificate_of_its_own_it_speaks_https_and_nothing_else() {
    let mut stage = Stage::new();
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    fs::write(stage.path("cert.pem"), cert.pem()).unwrap();
    fs::write(stage.path("key.pem"), signing_key.serialize_pem()).unwrap();
    stage.stop();
    stage.configure(
        "tls = { cert = \"cert.pem\", key = \"key.pem\" }",
        stage.mail.port,
    );
    stage.start();
    ask(&stage, cert.der()).unwrap().is(200);
    assert_eq!(stage.get("/healthz").status, 0, "answered in the open");
    let stranger = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    ask(&stage, stranger.cert.der()).unwrap_err();
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let mut stage = Stage::new();
    stage.stop();
    stage.configure(
        "tls = { cert = \"cert.pem\", key = \"key.pem\" }",
        stage.mail.port,
    );
    let ran = stage.program(&["serve"]).exits(1);
    assert!(
        ran.stderr.contains("error: tls.cert (cert.pem): "),
        "{}",
        ran.stderr
    );
    fs::write(stage.path("cert.pem"), "").unwrap();
    let ran = stage.program(&["serve"]).exits(1);
    let wanted = "error: tls.cert (cert.pem): there is no certificate in it\n";
    assert!(ran.stderr.ends_with(wanted), "{}", ran.stderr);
}
