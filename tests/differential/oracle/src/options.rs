//! Turns the `options` object of a request into engine settings.
//!
//! An unknown option is refused, so that a misspelt name cannot silently test the defaults.

use rhai::{Engine, OptimizationLevel};
use serde_json::Value;

const DEFAULT_MAX_OPERATIONS: u64 = 5_000_000;

/// Options read elsewhere: by the main loop, the runner or the scope builder.
const FOREIGN: [&str; 6] = ["timeout", "scope", "modules", "mode", "call", "has_null"];

pub fn apply(engine: &mut Engine, options: &Value) -> Result<(), String> {
    engine.set_max_operations(DEFAULT_MAX_OPERATIONS);
    let Some(table) = options.as_object() else { return Ok(()) };
    for (name, value) in table {
        if !FOREIGN.contains(&name.as_str()) {
            apply_one(engine, name, value)?;
        }
    }
    Ok(())
}

fn apply_one(engine: &mut Engine, name: &str, value: &Value) -> Result<(), String> {
    match name {
        "optimize" => drop(engine.set_optimization_level(level(value)?)),
        "disabled_symbols" => {
            for symbol in value.as_array().ok_or("disabled_symbols must be a list")? {
                engine.disable_symbol(symbol.as_str().ok_or("a symbol must be a string")?);
            }
        }
        "max_operations" => drop(engine.set_max_operations(size(value)? as u64)),
        "max_call_levels" => drop(engine.set_max_call_levels(size(value)?)),
        "max_expr_depth" => {
            let in_functions = engine.max_function_expr_depth();
            engine.set_max_expr_depths(size(value)?, in_functions);
        }
        "max_function_expr_depth" => {
            let globally = engine.max_expr_depth();
            engine.set_max_expr_depths(globally, size(value)?);
        }
        "max_string_size" => drop(engine.set_max_string_size(size(value)?)),
        "max_array_size" => drop(engine.set_max_array_size(size(value)?)),
        "max_map_size" => drop(engine.set_max_map_size(size(value)?)),
        "max_variables" => drop(engine.set_max_variables(size(value)?)),
        "max_functions" => drop(engine.set_max_functions(size(value)?)),
        "max_modules" => drop(engine.set_max_modules(size(value)?)),
        "strict_variables" => drop(engine.set_strict_variables(flag(value)?)),
        "allow_shadowing" => drop(engine.set_allow_shadowing(flag(value)?)),
        "fail_on_invalid_map_property" => drop(engine.set_fail_on_invalid_map_property(flag(value)?)),
        "fast_operators" => drop(engine.set_fast_operators(flag(value)?)),
        "allow_if_expression" => drop(engine.set_allow_if_expression(flag(value)?)),
        "allow_switch_expression" => drop(engine.set_allow_switch_expression(flag(value)?)),
        "allow_loop_expressions" => drop(engine.set_allow_loop_expressions(flag(value)?)),
        "allow_statement_expression" => drop(engine.set_allow_statement_expression(flag(value)?)),
        "allow_anonymous_fn" => drop(engine.set_allow_anonymous_fn(flag(value)?)),
        "allow_looping" => drop(engine.set_allow_looping(flag(value)?)),
        _ => return Err(format!("unknown option {name}")),
    }
    Ok(())
}

fn level(value: &Value) -> Result<OptimizationLevel, String> {
    match value.as_str() {
        Some("none") => Ok(OptimizationLevel::None),
        Some("simple") => Ok(OptimizationLevel::Simple),
        Some("full") => Ok(OptimizationLevel::Full),
        _ => Err(format!("unknown optimization level {value}")),
    }
}

fn size(value: &Value) -> Result<usize, String> {
    value.as_u64().map(|n| n as usize).ok_or_else(|| format!("{value} is not a size"))
}

fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{value} is not a flag"))
}
