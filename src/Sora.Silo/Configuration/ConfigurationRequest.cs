using System.Globalization;
using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>What the command line says about the configuration.</summary>
/// <param name="File">--config; null for none.</param>
/// <param name="Data">--data; null leaves node.data.</param>
/// <param name="PortBase">--port-base; null leaves the listen options.</param>
/// <param name="Settings">--set, each "section.key=value".</param>
internal sealed record ConfigurationRequest(string? File, string? Data, int? PortBase, IReadOnlyList<string> Settings)
{
    /// <summary>Where a server listens that was started with neither a file nor --port-base.</summary>
    public const int TrialPortBase = 10024;

    /// <summary>The account of a server that was started without a file.</summary>
    public const string TrialAccount = "sora@localhost";

    /// <summary>How many ports --port-base takes.</summary>
    public const int Ports = 7;

    public ConfigurationResult<SoraOptions> Load() => Load(ConfigurationSources.ProcessEnvironment());

    public ConfigurationResult<SoraOptions> Load(IReadOnlyDictionary<string, string> environment)
    {
        var settings = new List<string>();
        if (Data is not null)
            settings.Add($"node.data={Data}");
        if (PortBase is { } ports)
            settings.AddRange(Listeners(ports).Select(listener => $"{listener.Key}={listener.Address}"));
        settings.AddRange(Settings);
        var result = ConfigurationLoader.Load<SoraOptions>(
            new ConfigurationSources { FilePath = File, Environment = environment, Settings = settings });
        if (File is null && result.IsValid)
            ApplyTrial(result);
        return result;
    }

    /// <summary>
    /// N LMTP, N+1 IMAP, N+2 IMAPS, N+3 POP3, N+4 POP3S, N+5 ManageSieve, N+6 HTTP. The loopback address alone: whoever picks
    /// ports for a trial has not thought about who may reach them.
    /// </summary>
    private static IEnumerable<(string Key, string Address)> Listeners(int portBase)
    {
        yield return ("lmtp.listen", At(portBase));
        yield return ("imap.listen", At(portBase + 1));
        yield return ("imap.tls_listen", At(portBase + 2));
        yield return ("pop3.listen", At(portBase + 3));
        yield return ("pop3.tls_listen", At(portBase + 4));
        yield return ("managesieve.listen", At(portBase + 5));
        yield return ("http.listen", At(portBase + 6));

        static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
    }

    /// <summary>Without a file everything must work at once and without privileges; what the environment or --set says still wins.</summary>
    private static void ApplyTrial(ConfigurationResult<SoraOptions> result)
    {
        var options = result.Value;
        if (IsDefault("node.first_account"))
            options.Node.FirstAccount = TrialAccount;
        foreach (var (key, address) in Listeners(TrialPortBase))
        {
            if (!IsDefault(key))
                continue;
            switch (key)
            {
                case "lmtp.listen":
                    options.Lmtp.Listen = [address];
                    break;
                case "imap.listen":
                    options.Imap.Listen = [address];
                    break;
                case "imap.tls_listen":
                    options.Imap.TlsListen = [address];
                    break;
                case "pop3.listen":
                    options.Pop3.Listen = [address];
                    break;
                case "pop3.tls_listen":
                    options.Pop3.TlsListen = [address];
                    break;
                case "managesieve.listen":
                    options.Managesieve.Listen = [address];
                    break;
                case "http.listen":
                    options.Http.Listen = [address];
                    break;
            }
        }

        bool IsDefault(string key) => result.OriginOf(key).Layer == OptionLayer.Default;
    }
}
