using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sora.MicroBench.Relay;

/// <summary>A host that takes everything and keeps nothing but how often each recipient was sent to.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private long _bytes;
    private long _messages;

    public SmtpSink()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Bytes that one connection takes in a second; 0 for as many as come.</summary>
    public int BytesPerSecond { get; set; }

    public long Bytes => Volatile.Read(ref _bytes);

    public long Messages => Volatile.Read(ref _messages);

    public ConcurrentDictionary<string, int> Recipients { get; } = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // It is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                client.NoDelay = true;
                await using var stream = client.GetStream();
                await RunAsync(stream);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone
        }
    }

    private async Task RunAsync(NetworkStream stream)
    {
        var buffer = new byte[64 * 1024];
        var (start, end, isData) = (0, 0, false);
        await stream.WriteAsync("220 sink\r\n"u8.ToArray(), _stopping.Token);
        while (true)
        {
            var newline = Array.IndexOf(buffer, (byte)'\n', start, end - start);
            if (newline < 0)
            {
                buffer.AsSpan(start..end).CopyTo(buffer);
                (start, end) = (0, end - start);
                var read = await stream.ReadAsync(buffer.AsMemory(end), _stopping.Token);
                if (read == 0)
                    return;
                end += read;
                Interlocked.Add(ref _bytes, read);
                if (BytesPerSecond > 0)
                    await Task.Delay(TimeSpan.FromSeconds((double)read / BytesPerSecond), _stopping.Token);
                continue;
            }

            var line = buffer.AsSpan(start..newline).TrimEnd((byte)'\r');
            start = newline + 1;
            if (isData && !line.SequenceEqual("."u8))
                continue;
            if (Answer(line, ref isData) is { } answer)
                await stream.WriteAsync(answer, _stopping.Token);
        }
    }

    private byte[]? Answer(ReadOnlySpan<byte> line, ref bool isData)
    {
        if (isData)
        {
            isData = false;
            Interlocked.Increment(ref _messages);
            return "250 2.0.0 ok\r\n"u8.ToArray();
        }

        if (line.StartsWith("EHLO"u8))
            return "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n"u8.ToArray();
        if (line.StartsWith("RCPT"u8))
            Recipients.AddOrUpdate(Encoding.UTF8.GetString(line), 1, static (_, times) => times + 1);
        isData = line.SequenceEqual("DATA"u8);
        return isData ? "354 go\r\n"u8.ToArray() : line.StartsWith("QUIT"u8) ? "221 bye\r\n"u8.ToArray() : "250 ok\r\n"u8.ToArray();
    }
}
