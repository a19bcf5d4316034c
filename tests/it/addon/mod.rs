//! The add-on's backend, as a process of its own, between Shoptet's side and paired programs.

mod attacks;
mod chain;
mod commands;
mod install;
mod limits;
mod pairing;
mod stage;
mod tls;
mod tokens;
mod webhooks;
