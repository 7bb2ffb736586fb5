using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Sora.Silo.Composition;
using Sora.Silo.Configuration;
using Sora.Silo.Logging;

namespace Sora.Silo.Commands;

/// <summary>sora run</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var portBase = new Option<int?>("--port-base")
        {
            Description = "Listen on 127.0.0.1 only: LMTP on N, IMAP N+1, IMAPS N+2, POP3 N+3, POP3S N+4, ManageSieve N+5, HTTP N+6",
            HelpName = "N",
        };
        portBase.Validators.Add(result =>
        {
            if (result.GetValue(portBase) is < 1 or > 65536 - ConfigurationRequest.Ports)
                result.AddError($"--port-base must be from 1 to {65536 - ConfigurationRequest.Ports}");
        });
        var readyFile = new Option<string?>("--ready-file")
        {
            Description = "Write a JSON object with ports, address, password and pid to this file once the server is ready",
            HelpName = "FILE",
        };
        var command = new Command("run", "Run the server until SIGTERM or SIGINT; a second signal ends sessions at once")
        {
            ConfigurationArguments.File, ConfigurationArguments.Data, portBase, readyFile, ConfigurationArguments.Set,
        };
        command.SetAction(async parsed =>
        {
            var request = ConfigurationArguments.Read(parsed) with { PortBase = parsed.GetValue(portBase) };
            return await RunAsync(request, parsed.GetValue(readyFile), parsed.InvocationConfiguration.Error);
        });
        return command;
    }

    private static async Task<int> RunAsync(ConfigurationRequest request, string? readyFile, TextWriter screen)
    {
        var result = request.Load();
        if (!result.IsValid)
        {
            ConfigurationArguments.Show(result.Errors, screen);
            return 1;
        }

        using var log = new LogSetup(result.Value.Log, result.Value.Node.EffectiveName);
        var logger = log.Factory.CreateLogger("Sora");
        using var stop = new CancellationTokenSource();
        SoraServer? server = null;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Reload(request, log, logger);
            server?.CheckCertificates();
        });
        try
        {
            if (readyFile is not null)
                File.Delete(readyFile);
            await using (server = await SoraServer.StartAsync(result.Value, log.Factory, TimeProvider.System, stop.Token))
            {
                Welcome(server, screen);
                if (readyFile is not null)
                    ReadyFile.Write(readyFile, server.Ports, server.FirstAccount);
                await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (readyFile is not null)
                    File.Delete(readyFile);
            }

            Log.Stopped(logger);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Log.Stopped(logger);
            return 0;
        }
        catch (Exception e) when (e is StartException or IOException or UnauthorizedAccessException)
        {
            await screen.WriteLineAsync("sora: " + e.Message);
            return 1;
        }

        void OnStop(PosixSignalContext context)
        {
            context.Cancel = true;
            Log.Signalled(logger, context.Signal.ToString());
            if (stop.IsCancellationRequested)
                server?.Hurry();
            else
                stop.Cancel();
        }
    }

    /// <summary>To the screen, not to the log: a password has no place there.</summary>
    private static void Welcome(SoraServer server, TextWriter screen)
    {
        if (server.FirstAccount is { IsNew: true } account)
            screen.WriteLine($"First account: {account.Address}  password: {account.Password}");
        screen.WriteLine("Sora is ready: " + string.Join(", ", server.Ports.Select(
            port => string.Create(CultureInfo.InvariantCulture, $"{port.Key} {port.Value}"))));
    }

    private static void Reload(ConfigurationRequest request, LogSetup log, ILogger logger)
    {
        var result = request.Load();
        if (result.IsValid)
        {
            log.Reload(result.Value.Log);
            Log.Reloaded(logger, result.Value.Log.Level.ToString().ToLowerInvariant());
            return;
        }

        foreach (var error in result.Errors)
            Log.ReloadFailed(logger, error.ToString());
    }
}
