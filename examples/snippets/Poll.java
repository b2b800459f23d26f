// Run: mock-server exec -- java Poll.java
//
// A Java client of Huawei Cloud VOD's preheating status, without an SDK, tested against a mock server. It moves the
// task's time on instead of sleeping. Prints one line for each check; fails with an exception.

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Poll {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final String PROJECT = "0123456789abcdef0123456789abcdef";
    static final Pattern STATUS = Pattern.compile("\"status\" *: *\"(\\w+)\"");

    interface Sleep {
        void seconds(int pause) throws IOException, InterruptedException;
    }

    /** How a task ended: "succeed", or "failed" if one of its URLs was. Errors of the service are temporary. */
    static String waitFor(String base, String id, Sleep sleep) throws IOException, InterruptedException {
        String query = "?task_id=" + URLEncoder.encode(id, StandardCharsets.UTF_8);
        URI uri = URI.create(base + "/v1.0/" + PROJECT + "/asset/preheating" + query);
        for (int polls = 0, pause = 1; polls < 10; polls++, pause = Math.min(2 * pause, 30)) {
            HttpResponse<String> found = HTTP.send(
                HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            if (found.statusCode() == 404) {
                throw new IllegalArgumentException(id + ": " + found.body());
            }
            if (found.statusCode() == 200) {
                boolean any = false, working = false, failed = false;
                for (Matcher each = STATUS.matcher(found.body()); each.find();) {
                    any = true;
                    working |= each.group(1).equalsIgnoreCase("processing");
                    failed |= each.group(1).equalsIgnoreCase("failed");
                }
                if (any && !working) {
                    return failed ? "failed" : "succeed";
                }
            }
            sleep.seconds(pause);
        }
        throw new IllegalStateException(id + " did not end");
    }

    static String admin(String path, String body) throws IOException, InterruptedException {
        URI uri = URI.create(System.getenv("MOCK_SERVER_ADMIN_URL") + "/__admin/" + path);
        HttpResponse<String> found = HTTP.send(
            HttpRequest.newBuilder(uri).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
        if (found.statusCode() >= 300) {
            throw new IllegalStateException(found.body());
        }
        return found.body();
    }

    static void check(String scenario, String fault, String expected) throws IOException, InterruptedException {
        String id = scenario + ".java-" + System.nanoTime();
        admin("tasks", "{\"vendor\": \"huawei\", \"scenario\": \"%s\", \"id\": \"%s\"}".formatted(scenario, id));
        if (!fault.isEmpty()) {
            admin("faults", "{\"id\": \"%s\", %s}".formatted(id, fault));
        }
        Sleep sleep = pause -> admin("tasks/shift",
            "{\"vendor\": \"huawei\", \"id\": \"%s\", \"by\": \"%ds\"}".formatted(id, pause));
        String end = waitFor(System.getenv("MOCK_SERVER_URL"), id, sleep);
        admin("requests/verify", "{\"where\": {\"id\": \"%s\"}, %s}".formatted(id, expected));
        System.out.println(scenario + ": " + end);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        check("happy-path", "\"error\": 503, \"times\": 2", "\"statuses\": [503, 503, 200]");
        check("partial-failure", "", "\"cadence\": {\"polls_after_end\": 0}");
    }
}
