//! Whose request it is: the address of the socket, or the one that trusted proxies name.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;
use ipnet::{IpNet, Ipv6Net};

const FORWARDED: &str = "x-forwarded-for";
/// Bits of an IPv6 address that stand for one line to the Internet.
const LINE: u8 = 64;

/// The client's address: the last one in `X-Forwarded-For` that is no trusted proxy's, and only where
/// the request came from a trusted proxy. What stands before that one, anybody may have written.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    let values: Vec<_> = headers.get_all(FORWARDED).iter().collect();
    let texts = values
        .iter()
        .rev()
        .map(|value| value.to_str().unwrap_or_default());
    for named in texts.flat_map(|text| text.rsplit(',')) {
        let named = named.trim();
        let address = named.parse().ok();
        let address = address.or_else(|| Some(named.parse::<SocketAddr>().ok()?.ip()));
        let Some(address) = address.as_ref().map(IpAddr::to_canonical) else {
            return client;
        };
        client = address;
        if !is_trusted(client, trusted) {
            return client;
        }
    }
    client
}

/// Whether it is one of the proxies.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// What limits count by: the address, of IPv6 the first one of the whole line.
pub(crate) fn line(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let network = Ipv6Net::new(address, LINE).map(|network| network.network());
            network.unwrap_or(Ipv6Addr::UNSPECIFIED).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn who(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<_> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, HeaderValue::from_str(value).unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_but_trusted_proxies() {
        assert_eq!(who("9.9.9.9", &["1.1.1.1"], &[]), "9.9.9.9");
        assert_eq!(who("9.9.9.9", &["1.1.1.1"], &["10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(who("10.0.0.1", &["1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(who("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(
            who("::ffff:10.0.0.1", &["1.1.1.1"], &["10.0.0.0/8"]),
            "1.1.1.1"
        );
    }

    #[test]
    fn the_last_address_counts_that_is_no_proxys() {
        let trusted = &["10.0.0.0/8", "::1/128"];
        let forged = "6.6.6.6, 1.1.1.1";
        assert_eq!(who("10.0.0.1", &[forged], trusted), "1.1.1.1");
        assert_eq!(who("::1", &[forged, "10.0.0.7"], trusted), "1.1.1.1");
        assert_eq!(who("10.0.0.1", &["6.6.6.6, nonsense"], trusted), "10.0.0.1");
        assert_eq!(
            who("10.0.0.1", &["6.6.6.6, nonsense, 10.0.0.7"], trusted),
            "10.0.0.7"
        );
        assert_eq!(who("10.0.0.1", &["1.1.1.1:4711"], trusted), "1.1.1.1");
        assert_eq!(
            who("10.0.0.1", &["[2001:db8::7]:4711"], trusted),
            "2001:db8::7"
        );
        assert_eq!(
            who("10.0.0.1", &["10.0.0.8, 10.0.0.9"], trusted),
            "10.0.0.8"
        );
    }

    #[test]
    fn an_ipv6_line_is_one_address() {
        let line = |text: &str| line(text.parse().unwrap());
        assert_eq!(line("2001:db8:1:2:3:4:5:6"), line("2001:db8:1:2:ffff::1"));
        assert_ne!(line("2001:db8:1:2::1"), line("2001:db8:1:3::1"));
        assert_eq!(line("1.2.3.4").to_string(), "1.2.3.4");
        assert_eq!(line("::ffff:1.2.3.4"), line("1.2.3.4"));
    }
}
