using System.Buffers.Binary;
using System.Net;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Makes PROXY headers of version 2.</summary>
internal static class ProxyHeaderBytes
{
    public static byte[] Local(params byte[] rest) => Make(0x20, 0x00, rest);

    public static byte[] V2(string source, string destination, params byte[] items)
    {
        var (from, to) = (IPEndPoint.Parse(source), IPEndPoint.Parse(destination));
        var isV4 = from.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        return Make(0x21, isV4 ? (byte)0x11 : (byte)0x21, [.. from.Address.GetAddressBytes(), .. to.Address.GetAddressBytes(), .. Number(from.Port), .. Number(to.Port), .. items]);
    }

    public static byte[] Make(byte command, byte family, byte[] rest) =>
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, .. Number(rest.Length), .. rest];

    public static byte[] Item(byte type, params byte[] value) => [type, .. Number(value.Length), .. value];

    /// <summary>A header with its CRC32c at the end, made bit by bit and not as the server does it.</summary>
    public static byte[] WithChecksum(string source, string destination)
    {
        var header = V2(source, destination, Item(0x03, 0, 0, 0, 0));
        var crc = uint.MaxValue;
        foreach (var octet in header)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(^4..), ~crc);
        return header;
    }

    private static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];
}
