using Microsoft.Extensions.Logging;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Bodies.Transfer;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Grains.Hosting;

/// <summary>What of the engine a node gives to the cluster.</summary>
/// <param name="IsTraced">Spans are collected, and follow calls to other nodes.</param>
public sealed record ClusterEngine(
    Database Database, ChangeFeed Feed, MailboxHost Mailboxes, AccountHost Accounts, ILoggerFactory Loggers, TimeProvider Time, bool IsTraced = false)
{
    internal BodyTransfer Transfer(Configuration.ClusterOptions options) =>
        new(Database, options.MaxInlineBody.Bytes, Loggers.CreateLogger<BodyTransfer>());
}
