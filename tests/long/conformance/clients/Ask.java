import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/** Sends each file to a URL, over one client with its defaults, and prints a line for each: status, tab, answer. */
public class Ask {
    public static void main(String[] arguments) throws Exception {
        var client = HttpClient.newHttpClient();
        for (int n = 1; n < arguments.length; n++) {
            var request = HttpRequest.newBuilder(URI.create(arguments[0]))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofFile(Path.of(arguments[n])))
                    .build();
            var response = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(response.statusCode() + "\t" + response.body().strip());
        }
    }
}
