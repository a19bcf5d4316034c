//! The attributes records of the accounts have, and which of them may be written.

use serde_json::{Map, Value, json};

/// What an attribute holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// A day as `YYYY-MM-DD`.
    Date,
    /// A JSON number, kept digit by digit.
    Number,
    /// A whole JSON number.
    Whole,
    /// True or false.
    Truth,
    /// An array.
    List,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Three letters.
    Currency,
}

/// A kind of record.
#[derive(Debug)]
pub struct Table {
    /// Attributes a new record must have.
    pub required: &'static [&'static str],
    /// Attributes that may be written.
    pub written: &'static [(&'static str, Kind)],
    /// Attributes that come back, separated by spaces.
    pub read: &'static str,
    /// Attributes that are false rather than null where nobody set them.
    pub truths: &'static [&'static str],
}

impl Table {
    /// A record with nothing set.
    pub fn blank(&self) -> Map<String, Value> {
        let names = self
            .read
            .split(' ')
            .chain(self.written.iter().map(|(name, _)| *name));
        let mut record: Map<String, Value> =
            names.map(|name| (name.to_owned(), Value::Null)).collect();
        for name in self.truths {
            record.insert((*name).to_owned(), json!(false));
        }
        record.insert("tags".into(), json!([]));
        record.insert("user_id".into(), json!(7));
        record
    }

    /// What comes back of a record.
    pub fn shown(&self, record: &Map<String, Value>) -> Map<String, Value> {
        let name = |name: &str| {
            let value = record.get(name).cloned().unwrap_or(Value::Null);
            (name.to_owned(), value)
        };
        self.read.split(' ').map(name).collect()
    }
}

/// Incomes and expenses.
pub static TRANSFER: Table = Table {
    required: &["kind", "name", "date", "value", "currency"],
    written: &[
        ("kind", Kind::OneOf(&["income", "expense"])),
        ("name", Kind::Text),
        ("date", Kind::Date),
        ("value", Kind::Number),
        ("currency", Kind::Currency),
        ("payment_date", Kind::Date),
        ("done", Kind::Truth),
        ("real_value", Kind::Number),
        ("real_vat_value", Kind::Number),
        ("value_without_vat", Kind::Number),
        ("vat_value", Kind::Number),
        ("tax_date", Kind::Date),
        ("exchange_rate", Kind::Number),
        ("manual_exchange_rate", Kind::Truth),
        ("reference_number", Kind::Text),
        ("description", Kind::Text),
        ("inactive", Kind::Truth),
        ("company_id", Kind::Whole),
        ("project_id", Kind::Whole),
        ("category_id", Kind::Whole),
        ("source_id", Kind::Whole),
        ("tags", Kind::List),
        ("invoiced", Kind::Truth),
        ("task_id", Kind::Whole),
        ("user_id", Kind::Whole),
    ],
    read: "amount_due api_url category_id category_name company_id created_at currency \
           custom_column_1 date delete_warning description done exchange_rate following \
           helper_id id inactive inherited_template invoice_id invoice_kind invoice_number \
           invoice_url invoiced kind name name_with_value native_real_value \
           native_real_vat_value native_value native_vat_value next_repetition offer_id \
           offer_number order_document_id order_document_number payment_date payments_sum \
           privacy proforma_id proforma_number project_id real_value real_value_without_vat \
           real_vat_value reference_number repeat_count repeat_end repeat_end_count \
           repeat_end_date repeat_from repeat_kind repeat_monthdays repeat_weekdays \
           repeatable repeatable_invoice_id repeater_id source_id tags task_id tax_date \
           template trash trashed_at updated_at url user_id value value_without_vat vat_value",
    truths: &[
        "done",
        "inactive",
        "invoiced",
        "repeatable",
        "template",
        "trash",
    ],
};

/// Companies.
pub static COMPANY: Table = Table {
    required: &["name"],
    written: &[
        ("name", Kind::Text),
        ("kind", Kind::OneOf(&["legal_entity", "individual"])),
        ("email", Kind::Text),
        ("phone", Kind::Text),
        ("website", Kind::Text),
        ("person", Kind::Text),
        ("street", Kind::Text),
        ("zip", Kind::Text),
        ("city", Kind::Text),
        ("country", Kind::Text),
        ("id_num", Kind::Text),
        ("tax_num", Kind::Text),
        ("id_tax_num", Kind::Text),
        ("vat_payer", Kind::Truth),
        ("description", Kind::Text),
        ("another_identifier", Kind::Text),
        ("alias", Kind::Text),
        ("tags", Kind::List),
        ("company_type_id", Kind::Whole),
        ("company_status_id", Kind::Whole),
        ("company_phase_id", Kind::Whole),
        ("target_user_id", Kind::Whole),
    ],
    read: "address alias another_identifier api_url archived city closing_date comment_email \
           company_phase_id company_status_id company_type_id contacts_count country \
           created_at custom_column_1 default_privacy delete_warning description email \
           estimated_deal_success event_date_diff get_person human_comments_count id id_num \
           id_tax_num kind last_event last_update latitude longitude name next_event person \
           phone potential_deal_currency potential_deal_value privacy record_reason \
           slack_created street tags target_user_id tax_num teams_created trash trashed_at \
           type updated_at uploads_count url user_color user_id user_ids vat_payer website \
           website_url weighted_trade_value zip",
    truths: &["archived", "trash", "vat_payer"],
};
