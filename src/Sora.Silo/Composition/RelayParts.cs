using Sora.Mailstore;
using Sora.Mailstore.Relay;
using Sora.Mailstore.Storage;
using Sora.Relay;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>What leaves: the queue, and this node's part in sending what is in it.</summary>
internal static class RelayParts
{
    public static RelayQueue OpenQueue(RelayOptions options, Database database, MailstoreMetrics metrics, TimeProvider time)
    {
        var limits = options.Limits;
        return new RelayQueue(
            database,
            new RelayLimits(
                options.IsConfigured, limits.MaxMessage.Bytes, limits.MaxRecipients, limits.MaxQueue, limits.MaxPerHour, limits.MaxPerDay, limits.MaxReceived,
                options.Expiry),
            metrics,
            time);
    }

    /// <summary>Starts to send; any number of nodes may. Without a host too: what was queued when there was one has its time, and reports for accounts here go on.</summary>
    public static void Start(SoraOptions options, MailstoreParts mailstore, Parts parts, ILoggerFactory loggers, TimeProvider time)
    {
        var metrics = parts.AddDisposable("Metrics of the relay", new RelayMetrics());
        var local = new RelayLocalDelivery(mailstore.Users, mailstore.Bodies.Intakes, mailstore.Delivery, options.Lmtp.RecipientDelimiter);
        parts.Add("The relay", new RelayWorker(mailstore.Relay, options.Relay, options.Node.EffectiveName, local, metrics, time, loggers)).Start();
    }
}
