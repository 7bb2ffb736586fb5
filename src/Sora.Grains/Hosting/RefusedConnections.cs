using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Sora.Grains.Hosting;

/// <summary>
/// Takes a mailstore for dead as soon as its machine says that nobody listens there any more, when a connection to it has ended. Members that are asked and do not answer are only given up
/// after a while, for they may be slow; a process that is gone is never just slow.
/// </summary>
internal sealed class RefusedConnections
{
    // Once may be a moment of a machine that is short of something
    private static readonly TimeSpan BeforeSecond = TimeSpan.FromMilliseconds(50);

    // A look is a connection too, of which the other one hears that it ends
    private static readonly TimeSpan LongerThanLook = TimeSpan.FromSeconds(1);

    private readonly IServiceProvider _services;
    private readonly ILogger _logger;
    private readonly TimeSpan _patience;

    private RefusedConnections(IServiceProvider services, TimeSpan patience)
    {
        _services = services;
        _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<RefusedConnections>();
        _patience = patience;
    }

    /// <summary>Looks after connections between mailstores.</summary>
    /// <param name="connections">The way that they are made, or taken.</param>
    /// <param name="patience">An answer that takes longer is none.</param>
    public static void Watch(IConnectionBuilder connections, TimeSpan patience)
    {
        var watch = new RefusedConnections(connections.ApplicationServices, patience);
        connections.Use(next => async connection =>
        {
            var since = Stopwatch.GetTimestamp();
            try
            {
                await next(connection);
            }
            finally
            {
                if (connection.RemoteEndPoint is IPEndPoint { Address: var machine } && Stopwatch.GetElapsedTime(since) > LongerThanLook)
                    _ = watch.LookAsync(machine);
            }
        });
    }

    private async Task LookAsync(IPAddress machine)
    {
        try
        {
            var members = _services.GetRequiredService<IClusterMembershipService>();
            var own = _services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            await Task.WhenAll(members.CurrentSnapshot.Members.Values
                .Where(member => !member.SiloAddress.Equals(own) && member.SiloAddress.Endpoint.Address.MapToIPv6().Equals(machine.MapToIPv6()))
                .Select(member => LookAsync(members, member.SiloAddress)));
        }
        catch (Exception e)
        {
            Log.NotLooked(_logger, machine, e); // members are still asked as ever
        }
    }

    private async Task LookAsync(IClusterMembershipService members, SiloAddress mailstore)
    {
        if (!IsActive() || !await IsRefusedAsync(mailstore.Endpoint))
            return;
        await Task.Delay(BeforeSecond);
        if (!await IsRefusedAsync(mailstore.Endpoint) || !IsActive())
            return;
        Log.NobodyListens(_logger, mailstore.ToString());
        await members.TryKill(mailstore);

        // One that leaves in an orderly way says so itself
        bool IsActive() => members.CurrentSnapshot.GetSiloStatus(mailstore) == SiloStatus.Active;
    }

    private async Task<bool> IsRefusedAsync(IPEndPoint mailstore)
    {
        using var socket = new Socket(mailstore.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(_patience);
        try
        {
            await socket.ConnectAsync(mailstore, limit.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
