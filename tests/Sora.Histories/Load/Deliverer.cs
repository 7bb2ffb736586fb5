using System.Globalization;
using Sora.Histories.Wire;

namespace Sora.Histories.Load;

/// <summary>Delivers one message after the other, as an MTA: what was not acknowledged it sends again, to the next node, or gives up now and then.</summary>
internal sealed class Deliverer
{
    private readonly ClientLoad _load;
    private readonly int _number;
    private readonly IReadOnlyList<Endpoint> _endpoints;
    private readonly LoadOptions _options;
    private readonly Random _random;
    private int _connections;
    private int _endpoint;

    public Deliverer(ClientLoad load, int number, IReadOnlyList<Endpoint> endpoints, LoadOptions options)
    {
        (_load, _number, _endpoints, _options, _endpoint) = (load, number, endpoints, options, number);
        _random = new Random((options.Seed * 7919) + 100_000 + number);
        Gaps = new Gaps(load.History, string.Create(CultureInfo.InvariantCulture, $"lmtp{number}"));
    }

    public Gaps Gaps { get; }

    public async Task RunAsync()
    {
        LmtpClient? client = null;
        for (var message = 0; !_load.Stopping.IsCancellationRequested; message++)
        {
            var identity = string.Create(CultureInfo.InvariantCulture, $"d{_number}-{message}");
            var bytes = HistoryMail.Make(identity, _random.Next(300, 4000));
            List<string> open = [_options.Users[_random.Next(_options.Users.Count)]];
            if (_random.Next(5) == 0 && _options.Users.Count > 1)
                open.Add(_options.Users.First(user => user != open[0]));
            Gaps.Wants();
            do
            {
                try
                {
                    client ??= await ConnectAsync();
                    foreach (var done in await client.DeliverAsync(identity, open, bytes))
                        open.Remove(done);
                }
                catch (ConnectionLostException e)
                {
                    _load.Lost.Enqueue($"{Gaps.Name}@{Gaps.Node}: {e.Message}");
                    client?.Dispose();
                    client = null;
                    _endpoint++;
                }

                if (open.Count > 0)
                    await PauseAsync(_options.RetryAfter);
            }
            while (open.Count > 0 && !_load.Stopping.IsCancellationRequested && _random.Next(8) > 0);

            if (open.Count == 0)
                Gaps.Succeeded();
            await PauseAsync(_options.DeliveryPause);
        }

        Gaps.Stops();
        client?.Dispose();
    }

    private Task<LmtpClient> ConnectAsync()
    {
        var endpoint = _endpoints[_endpoint % _endpoints.Count] with { From = _options.AddressOf(1000 + _number) };
        Gaps.Node = endpoint.Node;
        return LmtpClient.ConnectAsync(_load.History, string.Create(CultureInfo.InvariantCulture, $"{Gaps.Name}.{++_connections}@{endpoint.Node}"), endpoint, _options.Patience);
    }

    private async Task PauseAsync(TimeSpan pause) => await Task.Delay(pause, _load.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
