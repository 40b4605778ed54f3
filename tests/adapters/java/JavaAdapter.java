// Surface `java`: `MyPreferencesJavaClient`, blocking calls.

package adapters;

import com.mypreferences.CallOptions;
import com.mypreferences.CancelToken;
import com.mypreferences.Credentials;
import com.mypreferences.MyPreferencesException;
import com.mypreferences.MyPreferencesJavaClient;
import com.mypreferences.Page;
import com.mypreferences.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Plays plans with blocking calls, each on a thread of its own. */
public final class JavaAdapter {
    private static final ExecutorService CALLS = Executors.newCachedThreadPool(JavaAdapter::daemon);
    private static final ScheduledExecutorService TIMER =
        Executors.newSingleThreadScheduledExecutor(JavaAdapter::daemon);

    private JavaAdapter() {}

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }

    private static MyPreferencesJavaClient made(Plan plan) throws MyPreferencesException {
        MyPreferencesJavaClient.Builder builder = MyPreferencesJavaClient.builder();
        plan.getSettings().forEach(builder::set);
        if (plan.isConfigured()) {
            return builder.buildFromEnvironment(plan.getProfile(), plan.getVariables());
        }
        Credentials credentials = plan.credentials();
        return builder.credentials(credentials).build();
    }

    private static Observed one(MyPreferencesJavaClient client, Call call, String token, Observations seen)
            throws InterruptedException {
        CancelToken cancel = new CancelToken();
        Long after = call.getCancelAfterMs();
        if (after != null && after == 0) {
            cancel.cancel();
        } else if (after != null) {
            TIMER.schedule(cancel::cancel, after, TimeUnit.MILLISECONDS);
        }
        CallOptions options = new CallOptions().withCancelToken(cancel);
        Wrap wrap = export -> client.unwrap(client.wrap(export));
        boolean keepFiles = Boolean.TRUE.equals(call.getKeepFiles());
        try {
            switch (call.getOperation()) {
                case "status":
                    return seen.gave(client.status(token, options));
                case "resolve_commit":
                    return seen.gave(client.resolveCommit(token, options));
                case "initiate":
                    return seen.gave(client.initiate(call.order(), options));
                case "wait":
                    return seen.gave(client.wait(call.handle(wrap), call.waitOptions(cancel)));
                case "pages":
                    try (Pages pages = client.pages(call.handle(wrap), call.pageOptions(cancel))) {
                        List<Page> read = new ArrayList<>();
                        for (Page page = pages.next(); page != null; page = pages.next()) {
                            read.add(page);
                        }
                        return seen.gave(read);
                    }
                case "export":
                    return seen.gave(
                        client.export(call.order(), call.getOut(), call.getKeepFiles(), call.landingOptions(cancel)));
                case "commit_landed":
                    return seen.gave(client.commitLanded(call.sealed(), keepFiles, cancel));
                case "commit_loaded":
                    return seen.gave(client.commitLoaded(
                        call.handle(wrap), call.getRows(), keepFiles, call.loadedOptions(cancel)));
                case "boundaries":
                    return seen.gaveBoundaries(client.boundaries(call.handle(wrap), call.getPlaces(), cancel));
                default:
                    return seen.gave(client.commit(token, keepFiles, options));
            }
        } catch (MyPreferencesException error) {
            return seen.failed(error);
        }
    }

    private static void play(Plan plan, Observations seen) throws Exception {
        try (MyPreferencesJavaClient client = made(plan)) {
            seen.saw(client.toString());
            for (Call call : plan.getCalls()) {
                List<Future<Observed>> calls = new ArrayList<>();
                for (String token : call.getTokens()) {
                    calls.add(CALLS.submit(() -> one(client, call, token, seen)));
                }
                List<Observed> results = new ArrayList<>();
                for (Future<Observed> running : calls) {
                    results.add(running.get());
                }
                seen.getResults().add(results);
            }
        } catch (MyPreferencesException error) {
            seen.getResults().add(List.of(seen.failed(error)));
        }
    }

    /** Plays every plan on standard input. */
    public static void main(String[] arguments) {
        LinesKt.adapt(JavaAdapter::play);
    }
}
