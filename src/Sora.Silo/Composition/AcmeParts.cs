using Sora.Acme;
using Sora.Silo.Configuration;
using Sora.Silo.Http;

namespace Sora.Silo.Composition;

/// <summary>Certificates from an ACME server: this node's part in ordering them, and in proving that the hosts are ours.</summary>
internal static class AcmeParts
{
    /// <summary>Begins to answer proofs over HTTP, then to order; nothing when [acme] is not enabled.</summary>
    /// <exception cref="StartException">An address cannot be listened on.</exception>
    public static async Task StartAsync(
        SoraOptions options, MailstoreParts mailstore, Parts parts, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!options.Acme.Enabled)
            return;
        if (options.Acme.ListensForHttp)
        {
            var http = parts.Add("HTTP for ACME servers", await AcmeHttp.StartAsync(options.Acme, mailstore.Acme, loggers, cancellationToken));
            foreach (var url in http.Urls)
                Log.ListeningForAcme(loggers.CreateLogger<AcmeHttp>(), url);
        }

        var metrics = parts.AddDisposable("Metrics of ACME", new AcmeMetrics());
        parts.Add("Orders of certificates", new AcmeWorker(options.Acme, mailstore.Acme, mailstore.Certificates, metrics, time, loggers.CreateLogger<AcmeWorker>())).Start();
    }
}
