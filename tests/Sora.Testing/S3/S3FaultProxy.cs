using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Testing.S3;

/// <summary>
/// Stands between a client and a real S3 server, counts requests and bytes, and makes faults that real networks and servers make. It serves TLS when it has a
/// certificate, and is also a forward proxy, for host names that no DNS knows. The first rule that fits a request has its way.
/// </summary>
public sealed class S3FaultProxy : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _sessions = new();
    private readonly ConcurrentDictionary<S3Operation, S3Traffic> _traffic = new();
    private readonly List<Rule> _rules = [];
    private readonly X509Certificate2? _certificate;
    private readonly IPEndPoint _server;
    private readonly Task _accepting;

    // A fixed seed: what a run does with a probability, the next one does too, as far as threads allow
    private readonly Random _random = new(7);
    private int _connections;

    /// <param name="endpoint">The real server.</param>
    /// <param name="certificate">With its key, to serve TLS.</param>
    public S3FaultProxy(string endpoint, X509Certificate2? certificate = null)
    {
        var uri = new Uri(endpoint);
        _server = new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
        _certificate = certificate;
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}");

    /// <summary>Connections that were taken so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Faults that were made so far.</summary>
    public int Faults { get; private set; }

    /// <summary>All requests so far, as "GET host target", with the faulty ones.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Requests of a kind that came, whether they fared well or not.</summary>
    public long Count(S3Operation operation) => _traffic.TryGetValue(operation, out var traffic) ? traffic.Requests : 0;

    /// <summary>Requests and bytes of bodies by kind, so far.</summary>
    public IReadOnlyDictionary<S3Operation, S3Traffic> Traffic => _traffic.ToDictionary();

    /// <summary>Makes a fault.</summary>
    /// <param name="operation">In these requests; null for all.</param>
    /// <param name="count">So often.</param>
    /// <param name="probability">In this part of the requests.</param>
    /// <param name="time">How long it stalls, or delays.</param>
    /// <param name="after">Requests that fare well before it begins.</param>
    public void Add(S3Fault fault, S3Operation? operation = null, int count = int.MaxValue, double probability = 1, TimeSpan? time = null, int after = 0)
    {
        lock (_lock)
            _rules.Add(new Rule(fault, operation, probability, time ?? TimeSpan.FromSeconds(30)) { Left = count, After = after });
    }

    /// <summary>From here on all is well; who stalls goes on stalling.</summary>
    public void Clear()
    {
        lock (_lock)
            _rules.Clear();
    }

    /// <summary>Counts from zero.</summary>
    public void ResetCounts()
    {
        _traffic.Clear();
        Requests.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_sessions.Keys);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                var session = Task.Run(() => ServeAsync(socket));
                _sessions.TryAdd(session, true);
                _ = session.ContinueWith(done => _sessions.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopping, or a client that has left already
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var client = socket;
        try
        {
            socket.NoDelay = true;
            Stream stream = new NetworkStream(socket);
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stopping.Token);
                stream = tls;
            }

            await using var toClient = new HttpPipe(stream);
            using var upstream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await upstream.ConnectAsync(_server, _stopping.Token);
            await using var toServer = new HttpPipe(new NetworkStream(upstream));
            while (await toClient.ReadHeadAsync(_stopping.Token) is { } request)
            {
                if (!await ExchangeAsync(request, toClient, toServer))
                {
                    socket.LingerState = new LingerOption(true, 0); // a reset, not a quiet end
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
        {
            // One of both has left, or the test has ended
        }
    }

    // One request and its answer; false when the connection is to be cut
    private async Task<bool> ExchangeAsync(HttpHead request, HttpPipe client, HttpPipe server)
    {
        var operation = request.Operation;
        var traffic = _traffic.GetOrAdd(operation, static _ => new S3Traffic());
        traffic.Add(1, 0, 0);
        Requests.Enqueue($"{request.Method} {request.Field("Host")} {request.Target}");
        var rule = Pick(operation);
        if (rule?.Fault == S3Fault.Reset)
            return false;
        if (rule?.Fault == S3Fault.Delay)
            await Task.Delay(rule.Time, _stopping.Token);
        if (request.RemoveExpect())
            await client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stopping.Token);
        if (rule?.Fault is S3Fault.InternalError or S3Fault.SlowDown)
        {
            traffic.Add(0, await client.CopyBodyAsync(request, null, null, _stopping.Token), 0);
            await client.WriteAsync(Refusal(rule.Fault, request.Method == "HEAD"), _stopping.Token);
            return true;
        }

        await server.WriteAsync(request.ToBytes(), _stopping.Token);
        BodyFault? up = rule?.Fault switch
        {
            S3Fault.CutUpload => new BodyFault(BodyFaultKind.Cut, rule.Time),
            S3Fault.StallUpload => new BodyFault(BodyFaultKind.Stall, rule.Time),
            S3Fault.WrongUpload => new BodyFault(BodyFaultKind.Wrong, rule.Time),
            _ => null,
        };
        var sent = await client.CopyBodyAsync(request, server, up, _stopping.Token);
        traffic.Add(0, Math.Abs(sent), 0);
        if (sent < 0)
            return false;
        if (rule?.Fault == S3Fault.Stall)
            await Task.Delay(rule.Time, _stopping.Token);
        if (await server.ReadHeadAsync(_stopping.Token) is not { } answer)
            return false;
        while (answer.Status is > 100 and < 200 or 100)
        {
            if (await server.ReadHeadAsync(_stopping.Token) is not { } next)
                return false;
            answer = next;
        }

        answer.IsBodiless = request.Method == "HEAD" || answer.Status is 204 or 304;
        if (rule?.Fault == S3Fault.LostAnswer)
        {
            await server.CopyBodyAsync(answer, null, null, _stopping.Token); // the server has done it, and nobody hears of it
            return false;
        }

        await client.WriteAsync(answer.ToBytes(), _stopping.Token);
        BodyFault? down = rule?.Fault switch
        {
            S3Fault.HalfAnswer => new BodyFault(BodyFaultKind.Cut, rule.Time),
            S3Fault.StallAnswer => new BodyFault(BodyFaultKind.Stall, rule.Time),
            S3Fault.WrongAnswer => new BodyFault(BodyFaultKind.Wrong, rule.Time),
            _ => null,
        };
        var received = await server.CopyBodyAsync(answer, client, down, _stopping.Token);
        traffic.Add(0, 0, Math.Abs(received));
        return received >= 0 && !answer.EndsConnection;
    }

    private Rule? Pick(S3Operation operation)
    {
        lock (_lock)
        {
            foreach (var rule in _rules)
            {
                if ((rule.Operation is { } only && only != operation) || rule.Left == 0)
                    continue;
                if (rule.After > 0)
                {
                    rule.After--;
                    continue;
                }

                if (rule.Probability < 1 && _random.NextDouble() >= rule.Probability)
                    continue;
                rule.Left--;
                Faults++;
                return rule;
            }

            return null;
        }
    }

    private static byte[] Refusal(S3Fault fault, bool isHead)
    {
        var (status, code) = fault == S3Fault.SlowDown ? ("503 Slow Down", "SlowDown") : ("500 Internal Server Error", "InternalError");
        var body = isHead ? "" : $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>made by a test</Message></Error>";
        return System.Text.Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    private sealed record Rule(S3Fault Fault, S3Operation? Operation, double Probability, TimeSpan Time)
    {
        public int Left { get; set; }

        public int After { get; set; }
    }
}
