using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>
/// Many LMTP sessions that deliver numbered messages as an MTA does: a recipient that was not answered 2xx is tried again, when asked to,
/// by the same session. Remembers what was acknowledged.
/// </summary>
internal sealed class Deliveries(int port, IReadOnlyList<string> accounts)
{
    public const string Sender = "sender@example.org";

    private readonly ConcurrentDictionary<(int Number, string Recipient), bool> _acknowledged = new();
    private int _next;

    /// <summary>Number and recipient of each message that was answered 250.</summary>
    public IReadOnlyCollection<(int Number, string Recipient)> Acknowledged => (IReadOnlyCollection<(int, string)>)_acknowledged.Keys;

    /// <summary>How many were acknowledged so far.</summary>
    public int Count => _acknowledged.Count;

    /// <summary>Told of each reply that refuses.</summary>
    public ConcurrentQueue<LmtpReply> RefusedWith { get; } = [];

    /// <summary>The numbers below which messages were tried.</summary>
    public int Tried => Volatile.Read(ref _next);

    /// <summary>Message <paramref name="number"/>: of 1 to 20 KiB, every 200th of 300 KiB.</summary>
    public static byte[] Message(int number) =>
        TestMail.Make(number, number % 200 == 0 ? 300 * 1024 : 1024 + (int)((uint)number * 2654435761 % (19 * 1024)));

    /// <summary>Every 8th message goes to three accounts, the others to one.</summary>
    public IReadOnlyList<string> Recipients(int number) =>
        number % 8 == 0
            ? [accounts[number % accounts.Count], accounts[(number + 1) % accounts.Count], accounts[(number + 2) % accounts.Count]]
            : [accounts[number % accounts.Count]];

    /// <summary>Delivers messages up to a number over some sessions; ends when all were tried or the server is gone.</summary>
    /// <param name="keepTrying">Stay until each message was acknowledged, through temporary failures and lost connections.</param>
    public Task RunAsync(int sessions, int messages, bool keepTrying) =>
        Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(() => SessionAsync(messages, keepTrying))));

    private async Task SessionAsync(int messages, bool keepTrying)
    {
        LmtpClient? client = null;
        try
        {
            for (var number = Interlocked.Increment(ref _next) - 1; number < messages; number = Interlocked.Increment(ref _next) - 1)
            {
                var message = Message(number);
                var open = Recipients(number);
                while (open.Count > 0)
                {
                    try
                    {
                        client ??= await LmtpClient.ConnectAsync(port);
                        var replies = await client.DeliverAsync(Sender, open, message);
                        open = Settle(number, open, replies);
                    }
                    catch (Exception e) when (keepTrying && e is (IOException or SocketException))
                    {
                        client?.Dispose();
                        client = null;
                    }

                    if (!keepTrying)
                        break;
                }
            }
        }
        catch (Exception e) when (!keepTrying && e is (IOException or SocketException))
        {
            // The server was killed
        }
        finally
        {
            client?.Dispose();
        }
    }

    private List<string> Settle(int number, IReadOnlyList<string> recipients, LmtpReply[] replies)
    {
        var open = new List<string>();
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i].Code / 100 == 2)
            {
                _acknowledged[(number, recipients[i])] = true;
                continue;
            }

            replies[i].Code.ShouldBeInRange(400, 499, replies[i].Text);
            RefusedWith.Enqueue(replies[i]);
            open.Add(recipients[i]);
        }

        return open;
    }
}
