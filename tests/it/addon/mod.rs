//! The add-on's backend, as a process of its own, between Shoptet's side and paired programs.

mod attacks;
mod chain;
mod commands;
mod fairness;
mod install;
mod limits;
mod metrics;
mod pairing;
mod stage;
mod tls;
mod tokens;
mod webhooks;
