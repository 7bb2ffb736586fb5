using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sora.Histories.Nodes;

/// <summary>A bridge on this machine, and for each node a network namespace with a cable to it that can be pulled. Nothing leaves the machine.</summary>
public sealed class NodeNetwork : IAsyncDisposable
{
    // The number that is drawn may be somebody else's
    private const int Attempts = 3;

    private readonly int _number;
    private readonly List<NodeLink> _links = [];

    private NodeNetwork(int number) => _number = number;

    /// <summary>One line that says why there can be none on this machine; null when there can.</summary>
    public static string? Missing { get; } = WhyMissing();

    /// <summary>The machine's own address on the bridge, where nodes reach what runs outside.</summary>
    public IPAddress Address => AddressOf(1);

    private string Bridge => string.Create(CultureInfo.InvariantCulture, $"sora{_number}");

    /// <summary>Makes the bridge.</summary>
    /// <exception cref="PlatformNotSupportedException">One line that says why there can be none here.</exception>
    public static async Task<NodeNetwork> CreateAsync()
    {
        if (Missing is { } reason)
            throw new PlatformNotSupportedException(reason);
        for (var attempt = 1; ; attempt++)
        {
            var network = new NodeNetwork(Random.Shared.Next(1, 250));
            try
            {
                await Command.RunAsync("ip", "link", "add", network.Bridge, "type", "bridge");
                await Command.RunAsync("ip", "addr", "add", network.Address + "/24", "dev", network.Bridge);
                await Command.RunAsync("ip", "link", "set", network.Bridge, "up");
                return network;
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                await network.DisposeAsync();
                if (attempt == Attempts)
                    throw new PlatformNotSupportedException($"Network cuts cannot run here: {e.Message.ReplaceLineEndings(" ").Trim()}", e);
            }
        }
    }

    /// <summary>A namespace for one node.</summary>
    public async Task<NodeLink> ConnectAsync()
    {
        var place = _links.Count + 10;
        var link = new NodeLink(string.Create(CultureInfo.InvariantCulture, $"{Bridge}n{place}"), Bridge, AddressOf(place));
        _links.Add(link);
        await Command.RunAsync("ip", "netns", "add", link.Namespace);
        await Command.RunAsync("ip", "link", "add", link.Outside, "type", "veth", "peer", "name", "eth0", "netns", link.Namespace);
        await Command.RunAsync("ip", "link", "set", link.Outside, "master", Bridge, "up");
        await Command.RunAsync("ip", "-n", link.Namespace, "addr", "add", link.Address + "/24", "dev", "eth0");
        await Command.RunAsync("ip", "-n", link.Namespace, "link", "set", "eth0", "up");
        await Command.RunAsync("ip", "-n", link.Namespace, "link", "set", "lo", "up");
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
            await TryAsync("ip", "netns", "delete", link.Namespace);
        await TryAsync("ip", "link", "delete", Bridge);
    }

    private static string? WhyMissing()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return "Network cuts need Linux and root, for network namespaces (ip netns)";
        var probe = string.Create(CultureInfo.InvariantCulture, $"soraprobe{Environment.ProcessId}");
        try
        {
            return Run("add") ?? Run("delete");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"Network cuts cannot run here: ip: {e.Message}";
        }

        string? Run(string action)
        {
            using var process = Process.Start(new ProcessStartInfo("ip", ["netns", action, probe]) { UseShellExecute = false, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"Network cuts cannot run here: {errors.ReplaceLineEndings(" ").Trim()}";
        }
    }

    private static async Task TryAsync(string program, params string[] arguments)
    {
        try
        {
            await Command.RunAsync(program, arguments);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It was not made
        }
    }

    // A network for tests of network equipment (RFC 2544 section C.2.2), which nobody else has
    private IPAddress AddressOf(int host) => new([198, 18, (byte)_number, (byte)host]);
}

/// <summary>One node's cable.</summary>
/// <param name="Namespace">The network namespace.</param>
/// <param name="Bridge">Where it is plugged in.</param>
/// <param name="Address">The node's address.</param>
public sealed record NodeLink(string Namespace, string Bridge, IPAddress Address)
{
    internal string Outside => Namespace + "v";

    /// <summary>From here on packets are lost in both directions, and nobody is told: the node's own end stays up.</summary>
    public Task CutAsync() => Command.RunAsync("ip", "link", "set", Outside, "nomaster");

    public Task HealAsync() => Command.RunAsync("ip", "link", "set", Outside, "master", Bridge);
}
