using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sora.Bench.Processes;

namespace Sora.Bench.Compare;

/// <summary>A server that the comparison starts for itself on loopback, in a temporary folder, and stops again.</summary>
internal abstract class PeerServer : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly bool _keep;
    private Process? _process;
    private int _pid;

    protected PeerServer(string name, Plan plan, bool keep)
    {
        Name = name;
        Plan = plan;
        _keep = keep;
        Folder = Directory.CreateTempSubdirectory("mail-bench-").FullName;
    }

    public string Name { get; }

    /// <summary>Product and version, and what a reader must know of its settings.</summary>
    public abstract string Description { get; }

    /// <summary>Valid once started.</summary>
    public Target Target { get; protected set; } = new();

    /// <summary>Whether it indexes messages behind their arrival.</summary>
    public virtual bool IndexesBehind => false;

    protected Plan Plan { get; }

    /// <summary>Everything of this server is in here.</summary>
    protected string Folder { get; }

    /// <summary>Starts the server and returns when it accepts connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) => (_process, _pid) = await LaunchAsync(cancellationToken);

    public async Task StopAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        await ChildProcess.StopAsync(process, _pid, StopPatience);
        process.Dispose();
    }

    /// <summary>Messages indexed since the start; only for a server that indexes behind their arrival.</summary>
    public virtual Task<long> CountIndexedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Restarts, and leaves the index alone from then on or takes it up again; only for a server that indexes behind arrival.</summary>
    public virtual Task RestartAsync(bool indexing, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The script of 200 lines that can run for every user; null for a server that is not asked to run one.</summary>
    public virtual string? Script => null;

    /// <summary>Restarts with a script that runs for every user, or with none; only for a server that has <see cref="Script"/>.</summary>
    public virtual Task RestartAsync(string? script, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        await StartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_keep)
        {
            Console.WriteLine($"{Name}: everything it wrote is kept in {Folder}");
        }
        else
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Starts it; the child that we started, and the process that SIGTERM goes to.</summary>
    protected abstract Task<(Process Process, int Pid)> LaunchAsync(CancellationToken cancellationToken);

    /// <summary>For a server that is part of <see cref="LaunchAsync"/> and did not come up: ends it.</summary>
    protected static async Task GiveUpAsync(Process process)
    {
        await ChildProcess.StopAsync(process, process.Id, StopPatience);
        process.Dispose();
    }

    /// <summary>Waits until a port accepts connections.</summary>
    protected static async Task WaitForPortAsync(int port, Process process, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < patience)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
                return;
            }
            catch (SocketException) when (!process.HasExited)
            {
                await Task.Delay(50, cancellationToken);
            }
            catch (SocketException)
            {
                break;
            }
        }

        throw new BenchException($"nothing listens on port {port}");
    }
}
