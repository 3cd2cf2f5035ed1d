//! Runs benchmark scripts on the published Rhai engine, with an operation budget like the runtime it is compared with.
//!
//! One JSON request per line: `{"compile": text}` answers `{"ok": true}`, `{"run": true}` runs the script compiled last
//! and answers `{"seconds": s, "value": v}`. Any failure answers `{"error": text}`. With the argument `--grain` scripts run
//! as byte code, otherwise the engine walks their tree.

use rhai::grain::{Compiler, SharedProgram, Vm};
use rhai::{Array, Dynamic, Engine, Map, Scope, AST};
use serde_json::{json, Value};
use std::io::{self, BufRead, Write};
use std::time::Instant;

enum Script {
    Tree(AST),
    Code(SharedProgram),
}

const MAX_OPERATIONS: u64 = 10_000_000_000;

fn main() {
    let mut engine = Engine::new();
    engine.set_max_operations(MAX_OPERATIONS);
    let grain = std::env::args().any(|argument| argument == "--grain");
    let mut script = Script::Tree(AST::empty());
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("UTF-8 text")).expect("a JSON request");
        let answer = match request["compile"].as_str() {
            Some(text) => compile(&engine, text, grain).map(|compiled| {
                script = compiled;
                json!({"ok": true})
            }),
            None => run(&engine, &script),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", answer.unwrap_or_else(|error| json!({ "error": error }))).expect("standard output is open");
        out.flush().expect("standard output is open");
    }
}

fn compile(engine: &Engine, text: &str, grain: bool) -> Result<Script, String> {
    let tree = engine.compile(text).map_err(|error| error.to_string())?;
    Ok(if grain { Script::Code(Compiler::new().compile(&tree).into_shared()) } else { Script::Tree(tree) })
}

fn run(engine: &Engine, script: &Script) -> Result<Value, String> {
    let start = Instant::now();
    let value: Dynamic = match script {
        Script::Tree(tree) => engine.eval_ast(tree).map_err(|error| error.to_string())?,
        Script::Code(program) if program.makes_fn_pointers() => {
            Vm::new(engine).eval_with_callbacks(&mut Scope::new(), program).map_err(|error| error.to_string())?
        }
        Script::Code(program) => Vm::new(engine).eval(program).map_err(|error| error.to_string())?,
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({"seconds": seconds, "value": plain(value)?}))
}

/// The value as JSON, which keeps integers and floats apart.
fn plain(value: Dynamic) -> Result<Value, String> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(number) = value.as_int() {
        return Ok(json!(number));
    }
    if let Ok(number) = value.as_float() {
        return Ok(json!(number));
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(json!(flag));
    }
    if let Ok(character) = value.as_char() {
        return Ok(json!(character.to_string()));
    }
    if value.is_string() {
        return Ok(json!(value.into_string().map_err(str::to_owned)?));
    }
    let name = value.type_name();
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(|item| plain(item.clone())).collect();
    }
    if let Some(entries) = value.read_lock::<Map>() {
        return entries.iter().map(|(key, item)| Ok((key.to_string(), plain(item.clone())?))).collect();
    }
    Err(format!("a result of type {name} has no JSON form"))
}
