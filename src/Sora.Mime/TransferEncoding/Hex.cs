namespace Sora.Mime;

/// <summary>Hexadecimal digits of quoted-printable, Q words and RFC 2231; either case.</summary>
internal static class Hex
{
    public static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        _ => -1,
    };

    public static bool TryRead(byte high, byte low, out byte value)
    {
        int digits = (Digit(high) << 4) | Digit(low);
        value = (byte)digits;
        return digits >= 0;
    }
}
