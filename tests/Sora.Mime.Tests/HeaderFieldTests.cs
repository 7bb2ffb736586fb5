namespace Sora.Mime.Tests;

public sealed class HeaderFieldTests
{
    [Theory]
    [InlineData("Subject: a\n", "Subject=a")]
    [InlineData("Subject:a", "Subject=a")]
    [InlineData("Subject : a\n", "Subject=a")]
    [InlineData("Subject: a\n  b\n\tc\nX: y\n", "Subject=a\r\n  b\r\n\tc|X=y")]
    [InlineData("Subject:\n a\n", "Subject=a")]
    [InlineData("X:\nY: 1\n", "X=|Y=1")]
    [InlineData("X: 1\n \nY: 2\n", "X=1|Y=2")]
    [InlineData("X: 1\n\nY: not header\n", "X=1")]
    [InlineData("From a@b Sat 1 10:00:00 2000\nX: 1\n", "=From a@b Sat 1 10:00:00 2000|X=1")]
    [InlineData(": 1\nno colon\nX: 1\n", "=: 1|=no colon|X=1")]
    [InlineData(" folded first line\nX: 1\n", "=folded first line|X=1")]
    [InlineData("X: a\rb\n", "X=a\rb")]
    [InlineData("\u00e4: 1\n", "\u00e4=1")]
    [InlineData("\n", "")]
    [InlineData("", "")]
    public void Fields_and_other_lines(string header, string fields)
    {
        var read = new List<string>();
        int length = 0;
        foreach (var field in HeaderFields.Enumerate(Mail.Crlf(header)))
        {
            read.Add($"{Mail.Latin(field.Name)}={Mail.Latin(field.Value)}");
            length += field.Raw.Length;
        }

        string.Join('|', read).ShouldBe(fields);
        length.ShouldBeLessThanOrEqualTo(Mail.Crlf(header).Length);
    }

    [Fact]
    public void The_first_field_of_a_name_is_found_in_any_case()
    {
        byte[] header = Mail.Crlf("X-Sub: 0\nSUBJECT: a\n b\nSubject: c\n\n");

        HeaderFields.TryFind(header, "subject"u8, out var field).ShouldBeTrue();
        Mail.Latin(field.Unfold()).ShouldBe("a b");
        Mail.Latin(field.Raw).ShouldBe("SUBJECT: a\r\n b\r\n");
        HeaderFields.TryFind(header, "sub"u8, out _).ShouldBeFalse();
    }
}
