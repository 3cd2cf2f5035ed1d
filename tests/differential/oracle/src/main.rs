//! Black-box driver around the published Rhai engine.
//!
//! Reads one JSON request per line on standard input and writes one JSON answer per line on
//! standard output, in the same order. A request that panics inside the engine is answered with
//! `{"crash": "panic"}`; one that does not end in time is answered with `{"crash": "timeout"}` and
//! ends the process, because a running native call cannot be stopped. An abort (native stack or
//! memory exhausted) cannot be answered at all: whoever started the process sees it die.

mod options;
mod report;
mod run;

use serde_json::{json, Value};
use std::io::{self, BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Deep recursion is part of what is measured, so the engine gets far more stack than it needs.
const STACK_BYTES: usize = 512 * 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS: f64 = 10.0;

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let (to_worker, requests) = mpsc::channel::<Value>();
    let (answer, answers) = mpsc::channel::<Value>();
    thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            for request in requests {
                let outcome = catch_unwind(AssertUnwindSafe(|| run::run(&request)));
                if answer.send(outcome.unwrap_or_else(|_| json!({"crash": "panic"}))).is_err() {
                    return;
                }
            }
        })
        .expect("the worker thread starts");

    let stdout = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line.expect("standard input is UTF-8 text");
        if line.trim().is_empty() {
            continue;
        }
        let request: Value = match serde_json::from_str(&line) {
            Ok(value) => value,
            Err(error) => {
                emit(&stdout, &Value::Null, json!({"crash": format!("bad request: {error}")}));
                continue;
            }
        };
        let id = request["id"].clone();
        let limit = request["options"]["timeout"].as_f64().unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        to_worker.send(request).expect("the worker is alive");
        match answers.recv_timeout(Duration::from_secs_f64(limit)) {
            Ok(answer) => emit(&stdout, &id, answer),
            Err(_) => {
                emit(&stdout, &id, json!({"crash": "timeout"}));
                std::process::exit(3);
            }
        }
    }
}

fn emit(stdout: &io::Stdout, id: &Value, mut answer: Value) {
    answer["id"] = id.clone();
    let mut out = stdout.lock();
    writeln!(out, "{answer}").expect("standard output is open");
    out.flush().expect("standard output is open");
}
