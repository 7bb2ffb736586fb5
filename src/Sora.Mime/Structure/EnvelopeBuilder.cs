#pragma warning disable CA1822
namespace Sora.Mime;

internal struct EnvelopeBuilder(int maxAddresses)
{
    public readonly int Left => maxAddresses;

    public readonly void Add(HeaderField field) { }

    public readonly Envelope Build() => Envelope.Empty;
}
