using Sora.Contracts;
using Sora.Mailstore.Relay;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Delivery;

/// <summary>The queue that deliveries put messages into.</summary>
public static class DeliveryRelay
{
    public static IRelay Open(Database database, TimeProvider time) => new RelayQueue(new RelayStore(database), new RelayOptions(), time);
}
