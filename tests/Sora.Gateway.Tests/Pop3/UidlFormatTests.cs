using System.Text;
using Sora.Contracts;
using Sora.Gateway.Pop3;

namespace Sora.Gateway.Tests.Pop3;

public sealed class UidlFormatTests
{
    [Theory]
    [InlineData("%08Xu%08Xv", "000000FF499602D2")]
    [InlineData("%08xv%08xu", "499602d2000000ff")]
    [InlineData("%v.%u", "1234567890.255")]
    [InlineData("%u%v", "2551234567890")]
    [InlineData("UID%u-%v", "UID255-1234567890")]
    public void Both_numbers_are_written(string format, string expected)
    {
        UidlFormat.Find(format).ShouldBeNull();
        var buffer = new byte[UidlFormat.MaxLength];
        var length = UidlFormat.Parse(format).Write(new UidValidity(1234567890), 255, buffer);
        Encoding.ASCII.GetString(buffer, 0, length).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%u")]
    [InlineData("%v")]
    [InlineData("%u %v")]
    [InlineData("%u%v%m")]
    [InlineData("%u%v%")]
    [InlineData("%8u%v")]
    [InlineData("%u.%v.\u00E9")]
    [InlineData("%u.%v.12345678901234567890123456789012345678901234567890")]
    public void What_would_not_be_unique_or_no_id_is_refused(string format) => UidlFormat.Find(format).ShouldNotBeNull();
}
