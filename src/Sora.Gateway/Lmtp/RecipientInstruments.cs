using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Lmtp;

/// <summary>Counts recipients by what they were answered.</summary>
internal sealed class RecipientInstruments(GatewayMetrics metrics)
{
    private readonly KeyValuePair<string, object?> _delivered = new("result", "delivered");
    private readonly KeyValuePair<string, object?> _duplicate = new("result", "duplicate");
    private readonly KeyValuePair<string, object?> _temporary = new("result", "temporary_failure");
    private readonly KeyValuePair<string, object?> _permanent = new("result", "permanent_failure");

    public void Delivered(DeliveryOutcome outcome) => metrics.Recipients.Add(1, outcome.WasDuplicate ? _duplicate : _delivered);

    public void Failed(LmtpReply reply) => metrics.Recipients.Add(1, reply.Code < 500 ? _temporary : _permanent);
}
