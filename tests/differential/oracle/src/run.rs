//! Runs one request on a fresh engine.

use crate::{options, report};
use rhai::module_resolvers::StaticModuleResolver;
use rhai::{CallFnOptions, Dynamic, Engine, EvalAltResult, Module, Scope, AST};
use serde_json::{json, Value};
use std::cell::RefCell;
use std::rc::Rc;

type Outcome = Result<Dynamic, Box<EvalAltResult>>;
type Output = Rc<RefCell<Vec<Value>>>;

thread_local! {
    static DESCRIBER: report::Describer = report::Describer::new();
}

pub fn run(request: &Value) -> Value {
    let output: Output = Rc::default();
    match prepare(request, &output) {
        Ok((engine, mut scope)) => {
            let outcome = execute(&engine, &mut scope, request);
            DESCRIBER.with(|describer| answer(describer, outcome, &scope, &output))
        }
        Err(reason) => json!({"crash": format!("bad request: {reason}")}),
    }
}

fn answer(describer: &report::Describer, outcome: Outcome, scope: &Scope, output: &Output) -> Value {
    let mut answer = json!({"output": *output.borrow(), "scope": describer.scope(scope)});
    match outcome {
        Ok(value) => {
            answer["ok"] = json!(true);
            answer["value"] = json!(describer.debug_text(&value));
            answer["type"] = json!(describer.type_name(&value));
        }
        Err(error) => {
            answer["ok"] = json!(false);
            answer["error"] = report::error(error);
        }
    }
    answer
}

fn prepare(request: &Value, output: &Output) -> Result<(Engine, Scope<'static>), String> {
    let settings = &request["options"];
    let mut engine = Engine::new();
    capture_output(&mut engine, output);
    engine.set_module_resolver(modules(&settings["modules"], output)?);
    options::apply(&mut engine, settings)?;
    Ok((engine, initial_scope(&settings["scope"])?))
}

fn capture_output(engine: &mut Engine, output: &Output) {
    let sink = Rc::clone(output);
    engine.on_print(move |text| sink.borrow_mut().push(json!(text)));
    let sink = Rc::clone(output);
    engine.on_debug(move |text, source, place| {
        let (line, column) = report::position(place);
        sink.borrow_mut().push(json!(["debug", text, source, [line, column]]));
    });
}

/// Modules are loaded in the given order; each may import those before it.
fn modules(table: &Value, output: &Output) -> Result<StaticModuleResolver, String> {
    let mut resolver = StaticModuleResolver::new();
    for entry in table.as_array().into_iter().flatten() {
        let name = entry[0].as_str().ok_or("a module needs a name")?;
        let text = entry[1].as_str().ok_or("a module needs a text")?;
        let mut engine = Engine::new();
        capture_output(&mut engine, output);
        engine.set_module_resolver(resolver.clone());
        let tree = engine.compile(text).map_err(|error| format!("module {name}: {error}"))?;
        let module = Module::eval_ast_as_new(Scope::new(), &tree, &engine)
            .map_err(|error| format!("module {name}: {error}"))?;
        resolver.insert(name, module);
    }
    Ok(resolver)
}

/// Each entry is `[name, literal text, is_constant]`.
fn initial_scope(entries: &Value) -> Result<Scope<'static>, String> {
    let mut scope = Scope::new();
    for entry in entries.as_array().into_iter().flatten() {
        let name = entry[0].as_str().ok_or("a variable needs a name")?;
        let text = entry[1].as_str().ok_or("a variable needs a text")?;
        let value: Dynamic = Engine::new().eval(text).map_err(|error| format!("variable {name}: {error}"))?;
        if entry[2].as_bool().unwrap_or(false) {
            scope.push_constant_dynamic(name, value);
        } else {
            scope.push_dynamic(name, value);
        }
    }
    Ok(scope)
}

fn execute(engine: &Engine, scope: &mut Scope, request: &Value) -> Outcome {
    let settings = &request["options"];
    let script = request["script"].as_str().unwrap_or_default();
    if settings["mode"] == "json" {
        let has_null = settings["has_null"].as_bool().unwrap_or(true);
        return engine.parse_json(script, has_null).map(Dynamic::from_map);
    }
    let mut tree = if settings["mode"] == "expression" {
        engine.compile_expression_with_scope(scope, script)?
    } else {
        engine.compile_with_scope(scope, script)?
    };
    if let Some(name) = request["source"].as_str() {
        tree.set_source(name);
    }
    match settings["call"].as_array() {
        Some(call) => call_function(engine, scope, &tree, call),
        None => engine.eval_ast_with_scope(scope, &tree),
    }
}

/// `call` is `[function, argument text, ...]`.
fn call_function(engine: &Engine, scope: &mut Scope, tree: &AST, call: &[Value]) -> Outcome {
    let name = call.first().and_then(Value::as_str).unwrap_or_default();
    let mut arguments = Vec::new();
    for text in &call[1..] {
        arguments.push(Engine::new().eval::<Dynamic>(text.as_str().unwrap_or_default())?);
    }
    engine.call_fn_with_options(CallFnOptions::default(), scope, tree, name, arguments)
}
