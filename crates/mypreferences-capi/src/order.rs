//! What to export, by the names of its parts. The bridge turns them into the core's `ExportRequest`, whose rules are checked by the
//! call.

use std::ffi::c_char;

use mypreferences::{Error, Operation};
use mypreferences_bridge::OrderArguments;

use crate::border::{free, refused, required, text};
use crate::error::ErrorHandle;
use crate::error::{Failure, fallible};

/// What to export.
#[derive(Default)]
pub struct OrderHandle(pub(crate) OrderArguments);

/// Makes an order with nothing set. Freed with mypref_order_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_order_new() -> Option<Box<OrderHandle>> {
    Some(Box::default())
}

/// Frees an order and sets `*order` to NULL; NULL is fine.
///
/// Lifetime: calls that were started with it are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_order_free(order: Option<&mut Option<Box<OrderHandle>>>) {
    free(order);
}

/// Sets one part of an order, which replaces what it was:
///
/// "kind": "segment", "segment_group", "schedule" or "cid"; must be given.
/// "name": of the segment, group or schedule, as MyPreferences shows it; customers (cid) have none.
/// "last_date_time": only what changed since a moment such as "2026-11-24T06:25:53.042Z".
/// "match_criteria": only some profiles: "ProfileId", "AlternateId", "PhoneNumber" or "EmailAddress", with the values
/// of mypref_order_add; "match_type": the type of an AlternateId.
/// "callback_url": where the service posts the status.
/// "start_date", "end_date": days such as "2026-11-24", of a schedule or of customers; both or none.
///
/// Errors: invalid_argument for another name, NULL or invalid UTF-8. Whether the parts fit is checked by the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_order_set(
    order: Option<&mut OrderHandle>,
    name: *const c_char,
    value: *const c_char,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(order, name, value, |order, name, value| {
            let part = match name {
                "kind" => {
                    order.kind = value;
                    return Ok(());
                }
                "name" => &mut order.name,
                "last_date_time" => &mut order.last_date_time,
                "match_criteria" => &mut order.match_criteria,
                "match_type" => &mut order.match_type,
                "callback_url" => &mut order.callback_url,
                "start_date" => &mut order.start_date,
                "end_date" => &mut order.end_date,
                _ => {
                    return Err(unknown(
                        name,
                        "kind, name, last_date_time, match_criteria, match_type, callback_url, start_date or end_date; values, cids and channels are added by mypref_order_add",
                    ));
                }
            };
            *part = Some(value);
            Ok(())
        })
    }
}

/// Adds one value to a list of an order: "values" that match_criteria is about, "cids" (the customers of the kind cid)
/// or "channels" (of the customers).
///
/// Errors: as mypref_order_set.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_order_add(
    order: Option<&mut OrderHandle>,
    name: *const c_char,
    value: *const c_char,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(order, name, value, |order, name, value| {
            let list = match name {
                "values" => &mut order.values,
                "cids" => &mut order.cids,
                "channels" => &mut order.channels,
                _ => return Err(unknown(name, "values, cids or channels")),
            };
            list.push(value);
            Ok(())
        })
    }
}

fn unknown(name: &str, known: &str) -> Error {
    refused(Operation::Initiate, format!("an order has no part {name:?} here"), format!("pass {known}"))
}

/// # Safety
/// `name` and `value` are NULL or point to texts that end with NUL and live until this returns.
unsafe fn change(
    order: Option<&mut OrderHandle>,
    name: *const c_char,
    value: *const c_char,
    change: impl FnOnce(&mut OrderArguments, &str, String) -> Result<(), Error>,
) -> Failure {
    fallible(Operation::Initiate, || {
        let order = required(order, Operation::Initiate, "order")?;
        // SAFETY: the caller vouches for both.
        let (name, value) =
            unsafe { (text(name, Operation::Initiate, "name")?, text(value, Operation::Initiate, "value")?) };
        change(&mut order.0, name, value.to_owned())
    })
}
