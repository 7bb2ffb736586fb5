using Sora.Configuration;

namespace Sora.Mailstore.Delivery;

[Section("What happens to a message on its way into a mailbox")]
public sealed class DeliveryOptions
{
    [Option("A message that was delivered to a mailbox before, with the same Message-ID and the same bytes, is acknowledged but not stored again; remembered as long as mailboxes.operation_memory says")]
    public bool SuppressDuplicates { get; set; } = true;
}
