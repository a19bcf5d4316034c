//! The sink of a dry run: it shows plans and has nothing to write with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::record::{CaflouId, CompanyLink, Kind, SourceId};
use crate::source::Broken;

use super::outcome::Done;
use super::plan::Plan;
use super::sink::{Sink, Step, announce, broken_change};
use crate::trouble::Trouble;

/// Shows what a run would do.
#[derive(Debug, Clone)]
pub struct Preview {
    connection: String,
    /// Companies that a run would have by now, so that incomes are planned as the run would.
    companies: Arc<Mutex<HashMap<SourceId, CompanyLink>>>,
}

impl Preview {
    /// For a connection.
    #[must_use]
    pub fn new(connection: &str) -> Self {
        Self {
            connection: connection.to_owned(),
            companies: Arc::default(),
        }
    }
}

impl Sink for Preview {
    fn intend(&self, _steps: Vec<&mut Step>) -> Result<(), Trouble> {
        Ok(())
    }

    async fn settle(&self, step: Step) -> Done {
        let mut done = Done::told(announce(&self.connection, &step));
        let link = match step.plan {
            Plan::Create { attributes } => {
                done.values = Some(attributes);
                Some(CompanyLink::Planned(step.draft.label.clone()))
            }
            Plan::Adopt { id: Some(id), .. } => Some(CompanyLink::Imported(id)),
            Plan::Adopt { id: None, .. } => Some(CompanyLink::Planned(step.draft.label.clone())),
            _ => None,
        };
        if let (Kind::Company, Some(link)) = (step.draft.kind, link) {
            let mut companies = self
                .companies
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            companies.insert(step.draft.source_id, link);
        }
        done
    }

    fn broken(&self, broken: &Broken) -> Done {
        Done::told(Some(broken_change(&self.connection, broken)))
    }

    fn read_whole(&self, _kind: Kind) -> Result<(), Trouble> {
        Ok(())
    }

    fn believe(&self) -> Result<(), Trouble> {
        Ok(())
    }

    fn again(&self, _key: (Kind, &SourceId)) -> Result<(), Trouble> {
        Ok(())
    }

    fn company_gone(&self, _customer: &SourceId, _company: CaflouId) -> Result<(), Trouble> {
        Ok(())
    }

    fn company(&self, customer: &SourceId) -> Option<CompanyLink> {
        let companies = self
            .companies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        companies.get(customer).cloned()
    }

    fn writes(&self) -> bool {
        false
    }
}
