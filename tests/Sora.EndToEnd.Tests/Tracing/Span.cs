using System.Text;

namespace Sora.EndToEnd.Tests.Tracing;

/// <summary>One span of an ExportTraceServiceRequest (opentelemetry-proto, trace.proto).</summary>
/// <param name="Node">service.instance.id.</param>
internal sealed record Span(string Node, string Name, string Trace, string Id, string Parent)
{
    public static IEnumerable<Span> Read(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var node = Fields(resourceSpans, 1).SelectMany(static resource => Fields(resource, 1))
                .Where(static attribute => Text(attribute, 1) == "service.instance.id")
                .Select(static attribute => Text(Fields(attribute, 2).Single(), 1)).Single();
            foreach (var span in Fields(resourceSpans, 2).SelectMany(static scope => Fields(scope, 2)))
                yield return new Span(node, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4));
        }
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field).Single());

    private static string Hex(byte[] message, int field) => Convert.ToHexString(Fields(message, field).SingleOrDefault() ?? []);

    // The fields of one number that have a length, in Protocol Buffers' encoding
    private static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            switch (key & 7)
            {
                case 0:
                    Varint(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    if (key >> 3 == (ulong)number)
                        yield return message[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"A field of type {key & 7}");
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(message[at] & 0x7f) << shift;
            if ((message[at++] & 0x80) == 0)
                return value;
        }
    }
}
