namespace Sora.Mime;

internal static class AddressParser
{
    public static void Parse(ReadOnlySpan<byte> value, List<MailAddress> list, int max) { }
}
