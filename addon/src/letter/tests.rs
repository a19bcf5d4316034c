use super::*;

fn words(language: Language, shop_url: &str) -> (String, String) {
    let code = PairingCode::from_random(&[7; PairingCode::RANDOM]);
    let public_url = "https://addon.example.com/".parse().unwrap();
    let contents = Contents {
        eshop_id: 222_651,
        shop_url,
        code: &code,
        until: "2026-12-09T23:30:00Z".parse().unwrap(),
        public_url: &public_url,
    };
    let words = Words::of(language, &contents);
    (words.text(), words.html(language))
}

#[test]
fn the_country_decides_on_the_language_then_the_address() {
    let of = |country, url| Language::of(country, url).as_str();
    assert_eq!(of(Some("CZ"), "https://obchod.sk"), "cs");
    assert_eq!(of(Some("SK"), "https://obchod.cz"), "sk");
    assert_eq!(of(Some("HU"), "https://obchod.cz"), "en");
    assert_eq!(of(None, "https://www.obchod.sk/"), "sk");
    assert_eq!(of(None, "https://222651.myshoptet.com"), "cs");
    assert_eq!(of(None, "nonsense"), "cs");
    for language in [Language::Czech, Language::Slovak, Language::English] {
        assert_eq!(Language::read(language.as_str()), language);
    }
}

#[test]
fn the_letter_says_what_to_type_until_when() {
    let (text, _) = words(Language::Czech, "https://www.obchod.cz");
    insta::assert_snapshot!(text, @r#"
    Doplněk je nainstalován v e-shopu https://www.obchod.cz.

    Eshop ID: 222651
    Párovací kód: 7777-7777-7777-7777-7775
    Adresa doplňku: https://addon.example.com

    Spusťte na svém počítači „caflou-sync connect“, zvolte párovací kód z e-mailu a opište tyto tři údaje.

    Kód platí do 10. 12. 2026 a lze ho použít jednou. Nikomu ho nepřeposílejte.

    Pokud jste doplněk neinstalovali vy ani nikdo z vašich lidí, odinstalujte ho v administraci e-shopu; kód tím přestane platit.
    "#);
    let (text, _) = words(Language::Slovak, "https://www.obchod.sk");
    insta::assert_snapshot!(text, @r#"
    Doplnok je nainštalovaný v e-shope https://www.obchod.sk.

    Eshop ID: 222651
    Párovací kód: 7777-7777-7777-7777-7775
    Adresa doplnku: https://addon.example.com

    Spustite na svojom počítači „caflou-sync connect“, zvoľte párovací kód z e-mailu a opíšte tieto tri údaje.

    Kód platí do 10. 12. 2026 a dá sa použiť raz. Nikomu ho nepreposielajte.

    Ak ste doplnok neinštalovali vy ani nikto z vašich ľudí, odinštalujte ho v administrácii e-shopu; kód tým prestane platiť.
    "#);
    let (text, _) = words(Language::English, "https://www.shop.hu");
    insta::assert_snapshot!(text, @r#"
    The add-on is installed in the e-shop https://www.shop.hu.

    Eshop ID: 222651
    Pairing code: 7777-7777-7777-7777-7775
    Add-on address: https://addon.example.com

    Run “caflou-sync connect” on your computer, choose the pairing code from the e-mail, and type these three.

    The code is good until 10 December 2026 and can be used once. Do not forward it to anybody.

    If neither you nor one of your people installed the add-on, uninstall it in the administration of the e-shop; that ends the code.
    "#);
}

#[test]
fn what_a_shop_says_of_itself_stays_text() {
    let (text, html) = words(Language::English, "https://x\r\n<b onclick=\"steal()\">");
    assert!(text.starts_with("The add-on is installed in the e-shop https://x"));
    assert!(!text.contains('\r') && !html.contains("<b ") && html.contains("&lt;b onclick"));
}
