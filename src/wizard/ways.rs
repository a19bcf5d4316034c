//! The ways into a shop.

use super::asker::Ended;
use super::fields::Side;
use super::flow::Wizard;
use super::trouble::By;
use crate::access::Access;
use crate::config;

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

impl Wizard<'_> {
    pub(super) fn shop_way(&mut self) -> Result<Way, Ended> {
        let given = &self.given;
        if given.pairing_code.is_some() {
            return Ok(Way::PairingCode);
        }
        if given.install_code.is_some() {
            return Ok(Way::InstallCode);
        }
        let named = |key| given.source.contains_key(key);
        if named("oauth_token") || named("token_url") {
            return Ok(Way::OauthToken);
        }
        if named("private_token") {
            return Ok(Way::PrivateToken);
        }
        let present = self.present.and_then(|present| present.source.way());
        let usual = match present.map(|way| By::of(Some(way))) {
            Some(By::Addon) => Way::OauthToken,
            Some(By::Pairing) => Way::PairingCode,
            None if named("addon_url") => Way::PairingCode,
            Some(By::PrivateToken) | None => Way::PrivateToken,
        };
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
    ) -> Result<Option<Access>, Ended> {
        let table = self.table(Side::Source);
        let typed = |key| table.way_of(key);
        match way {
            Way::PairingCode => self.paired(keep, number),
            Way::PrivateToken => self.ask_the(typed("private_token"), keep),
            Way::OauthToken => self.ask_the(typed("oauth_token"), keep),
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

    fn ask_the(
        &mut self,
        way: Option<&'static config::Way>,
        keep: bool,
    ) -> Result<Option<Access>, Ended> {
        way.map(|way| self.ask_way(Side::Source, way, keep))
            .transpose()
    }
}
