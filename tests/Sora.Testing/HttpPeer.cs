using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sora.Testing;

/// <summary>A request that the peer had.</summary>
public sealed record Posted(string Line, ILookup<string, string> Fields, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>An HTTP/1.1 server on loopback for requests whose length is known; it answers what a test tells it to.</summary>
public sealed class HttpPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly Task _accepting;

    public HttpPeer()
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/in?key=1";
        _accepting = Task.Run(AcceptAsync);
    }

    public string Url { get; }

    public Func<int, string> Answer { get; set; } = static _ => "200 OK";

    public ConcurrentQueue<Posted> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _sessions.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                while (await ReadHeadAsync(stream) is { Length: > 0 } head)
                {
                    var lines = head.Split("\r\n");
                    var fields = lines.Skip(1).ToLookup(line => line[..line.IndexOf(':')].ToLowerInvariant(), line => line[(line.IndexOf(':') + 1)..].Trim());
                    var body = new byte[int.Parse(fields["content-length"].Single(), CultureInfo.InvariantCulture)];
                    await stream.ReadExactlyAsync(body, _stopping.Token);
                    Requests.Enqueue(new Posted(lines[0], fields, body));
                    var answer = Answer(Requests.Count);
                    if (answer == "close")
                        return;
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Length: 7\r\n\r\nbecause"), _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stopping.Token) == 0)
                return "";
            head.Append((char)one[0]);
        }

        return head.ToString(0, head.Length - 4);
    }
}
