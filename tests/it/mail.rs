//! A mail server that takes mail for anybody who knows the password.

use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

pub const USER: &str = "shop@example.com";
pub const PASSWORD: &str = "hunter2-of-the-mail";

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Starttls,
    Tls,
    /// Never encrypted, and without a login.
    Open,
}

/// A message that was taken.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    pub encrypted: bool,
    pub logged_in: bool,
    pub from: String,
    pub to: Vec<String>,
    /// Header and body, quoted-printable resolved.
    pub text: String,
}

/// The server.
pub struct MailServer {
    pub port: u16,
    /// Its certificate, as PEM.
    pub certificate: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailServer {
    pub fn start(way: Way) -> Self {
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let certificate = CertificateDer::from(cert.der().to_vec());
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let taken = Arc::clone(&mails);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, taken) = (acceptor.clone(), Arc::clone(&taken));
                    tokio::spawn(async move {
                        // A client that does not like the certificate hangs up.
                        serve(stream, way, &acceptor, &taken).await.ok();
                    });
                }
            });
        });
        Self {
            port,
            certificate: cert.pem(),
            mails,
        }
    }

    /// What was taken so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

type Taken = Mutex<Vec<Mail>>;

async fn serve(
    mut stream: TcpStream,
    way: Way,
    acceptor: &TlsAcceptor,
    taken: &Taken,
) -> std::io::Result<()> {
    match way {
        Way::Tls => {
            let stream = acceptor.accept(stream).await?;
            talk(stream, "220 ready", "AUTH PLAIN", taken).await?;
        }
        Way::Open => {
            talk(stream, "220 ready", "8BITMIME", taken).await?;
        }
        Way::Starttls => {
            if talk(&mut stream, "220 ready", "STARTTLS", taken).await? {
                let stream = acceptor.accept(stream).await?;
                talk(stream, "", "AUTH PLAIN", taken).await?;
            }
        }
    }
    Ok(())
}

/// Talks until the client leaves, or wants to go on encrypted (`true`).
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    greeting: &str,
    offer: &str,
    taken: &Taken,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    if !greeting.is_empty() {
        say(&mut stream, greeting).await?;
    }
    let fresh = || Mail {
        encrypted: offer == "AUTH PLAIN",
        ..Mail::default()
    };
    let mut mail = fresh();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let line = line.trim_end();
        let (word, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
        let may = mail.logged_in || offer == "8BITMIME";
        match word.to_ascii_uppercase().as_str() {
            "EHLO" => say(&mut stream, &format!("250-localhost\r\n250 {offer}")).await?,
            "STARTTLS" if offer == "STARTTLS" => {
                say(&mut stream, "220 go ahead").await?;
                return Ok(true);
            }
            "AUTH" if offer == "AUTH PLAIN" => {
                let right = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
                mail.logged_in = rest == format!("PLAIN {right}");
                let answer = if mail.logged_in {
                    "235 welcome".to_owned()
                } else {
                    // Worse than any real server: it repeats what it was given.
                    let given = STANDARD.decode(rest.trim_start_matches("PLAIN ")).unwrap();
                    let given = String::from_utf8(given).unwrap().replace('\0', " ");
                    format!("535 5.7.8 {given} is not right")
                };
                say(&mut stream, &answer).await?;
            }
            "MAIL" if may => {
                mail.from = rest.to_owned();
                say(&mut stream, "250 ok").await?;
            }
            "RCPT" if may => {
                mail.to.push(rest.to_owned());
                say(&mut stream, "250 ok").await?;
            }
            "DATA" if may => {
                say(&mut stream, "354 go ahead").await?;
                mail.text = resolved(&data(&mut stream).await?);
                taken
                    .lock()
                    .unwrap()
                    .push(std::mem::replace(&mut mail, fresh()));
                say(&mut stream, "250 taken").await?;
            }
            "QUIT" => {
                say(&mut stream, "221 bye").await?;
                return Ok(false);
            }
            _ => say(&mut stream, "530 not like this").await?,
        }
    }
}

async fn data(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await?;
        if line == b".\r\n" || line.is_empty() {
            return Ok(all);
        }
        all.extend(line);
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// Without the encoding that mail wants.
fn resolved(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text)
        .replace("=\r\n", "")
        .replace("\r\n", "\n");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('=') {
        out.extend(before.as_bytes());
        let hex = after.get(..2);
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            rest = &after[2..];
        } else {
            out.push(b'=');
            rest = after;
        }
    }
    out.extend(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}
