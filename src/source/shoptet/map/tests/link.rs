//! The address of an order's page in the description of its income.

use super::*;

#[test]
fn an_address_that_could_be_markup_or_a_mark_is_left_out() {
    for link in [
        "https://a.cz/<script>",
        "https://a.cz/\"onclick",
        "https://a.cz/shoptet:222651:2026000125",
        "javascript:alert(1)",
    ] {
        let income = income(&json!({"adminUrl": link}));
        assert_eq!(income["description"], "shoptet:222651:2026000124", "{link}");
    }
}
