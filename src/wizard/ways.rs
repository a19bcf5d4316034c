//! The ways into a shop.

use url::Url;

use super::answers::ShopAccess;
use super::asker::{Ended, Says};
use super::flow::Wizard;
use super::trouble::capital;
use crate::config::{ShoptetAccess, safe_url};

/// The ways into a shop, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    PairingCode,
    PrivateToken,
    OauthToken,
    InstallCode,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [
        Self::PairingCode,
        Self::PrivateToken,
        Self::OauthToken,
        Self::InstallCode,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::PairingCode => "pairing code from the add-on's e-mail",
            Self::PrivateToken => "private API token (Shoptet Premium)",
            Self::OauthToken => "OAuth access token of an own add-on",
            Self::InstallCode => "one-time installation code of an own add-on",
        }
    }
}

/// Where a private token comes from.
const WHERE_TOKENS_ARE: &str = "It is made in the administration of the shop, under Connections, \
                                API: with the groups Eshop, Orders and Customers, for reading.";

impl Wizard<'_> {
    pub(super) fn shop_way(&mut self) -> Result<Way, Ended> {
        let given = &self.given;
        if given.pairing_code.is_some() {
            return Ok(Way::PairingCode);
        }
        if given.install_code.is_some() {
            return Ok(Way::InstallCode);
        }
        if given.oauth_token.is_some() || given.token_url.is_some() {
            return Ok(Way::OauthToken);
        }
        if given.private_token.is_some() {
            return Ok(Way::PrivateToken);
        }
        let present = self.present.map(|present| match present.shoptet.access {
            ShoptetAccess::PrivateToken(_) => Way::PrivateToken,
            ShoptetAccess::OauthToken { .. } => Way::OauthToken,
            ShoptetAccess::Pairing { .. } => Way::PairingCode,
        });
        let usual = match &self.given.addon_url {
            Some(_) => Way::PairingCode,
            None => Way::PrivateToken,
        };
        let usual = present.unwrap_or(usual);
        if self.present.is_some() && !self.asks() {
            return Ok(usual);
        }
        self.ask_shop_way(usual)
    }

    pub(super) fn ask_shop_way(&mut self, usual: Way) -> Result<Way, Ended> {
        let labels = Way::ALL.map(|way| way.label().to_owned());
        let at = Way::ALL.iter().position(|way| *way == usual).unwrap_or(0);
        let chosen = self
            .asker
            .select("How do we get into the e-shop?", &labels, at)?;
        Ok(Way::ALL.get(chosen).copied().unwrap_or(usual))
    }

    /// Asks for what the way needs; `None`: another way is wanted. `keep`: a secret that the
    /// connection has may stay.
    pub(super) fn shop_access(
        &mut self,
        way: &mut Way,
        number: &mut Option<u64>,
        keep: bool,
    ) -> Result<Option<ShopAccess>, Ended> {
        let present = self
            .present
            .filter(|_| keep)
            .map(|present| &present.shoptet.access);
        match way {
            Way::PairingCode => self.paired(present, number),
            Way::PrivateToken => {
                if keep {
                    self.asker.say(Says::Note, WHERE_TOKENS_ARE);
                }
                let present = match present {
                    Some(ShoptetAccess::PrivateToken(token)) => Some(token),
                    _ => None,
                };
                let given = self.given.private_token.take();
                let token = self.held("Private API token:", given, present)?;
                Ok(Some(ShopAccess::PrivateToken(token)))
            }
            Way::OauthToken => {
                let token_url = self.token_url()?;
                let present = match present {
                    Some(ShoptetAccess::OauthToken { token, .. }) => Some(token),
                    _ => None,
                };
                let given = self.given.oauth_token.take();
                let oauth_token = self.held("OAuth access token:", given, present)?;
                Ok(Some(ShopAccess::Addon {
                    oauth_token,
                    token_url,
                }))
            }
            Way::InstallCode => {
                let access = self.install()?;
                if access.is_some() {
                    // The code is used up; from now on the token that it gave is the way in.
                    *way = Way::OauthToken;
                }
                Ok(access)
            }
        }
    }
}

/// A typed address that secrets may be sent to, or what is wrong with it: a sentence. People leave
/// out the `https://`. `example`: what one looks like.
pub(super) fn address(typed: &str, example: &str) -> Result<Url, String> {
    let typed = typed.trim();
    let whole = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("https://{typed}")
    };
    let url = Url::parse(&whole)
        .map_err(|_| format!("That is not an address; it looks like {example}"))?;
    safe_url(&whole).map_err(|problem| match url.scheme() {
        "https" => format!("{}.", capital(problem)),
        _ => "The address has to begin with https://".to_owned(),
    })
}
