# The steps, one by one. `just` lists them.

_default:
    @just --list

# format everything
fmt:
    cargo fmt

# what the compiler and clippy have to say
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings

# all tests
test:
    cargo test --workspace

# the whole thing without any account
demo:
    cargo run --release --example demo

# a shop without Premium: add-on, e-mail, pairing, run
addon-demo:
    cargo run --release --example addon_demo

# how long a big shop takes (Linux)
bench *sizes:
    cargo run --release --example bench -- {{ sizes }}

# both conversations against the vendors' descriptions
conformance:
    .ci/conformance

# the pictures of the README
pictures:
    cargo build --release --example demo
    docs/pictures.py

# everything that has to be true of a commit
ci:
    .ci/run
