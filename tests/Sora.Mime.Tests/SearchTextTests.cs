using System.Buffers;

namespace Sora.Mime.Tests;

/// <summary>What searches look at: folded, decoded, and with one space for each row of white space.</summary>
public sealed class SearchTextTests
{
    [Theory]
    [InlineData("plain", "PLAIN")]
    [InlineData("two  words", "TWO WORDS")]
    [InlineData(" a\r\n b\t\tc ", " A B C ")]
    [InlineData("\t", " ")]
    [InlineData("a\u00A0\u2003b\u3000c", "A B C")]
    [InlineData("a\u2028b\u0085c\vd\fe", "A B C D E")]
    [InlineData("a\0b", "AB")]
    [InlineData("a\u001Eb", "A\u001EB")]
    [InlineData("", "")]
    public void Wanted(string text, string wanted)
    {
        SearchText.Wanted(text).ShouldBe(wanted);

        // Written in pieces it becomes the same
        var whole = new Collector();
        foreach (var c in text.Replace("\0", ""))
        {
            whole.GetSpan(1)[0] = c;
            whole.Advance(1);
        }

        whole.Text.ShouldBe(wanted);
    }

    [Theory]
    [InlineData("Subject: a\n\tb\n  c", "A B C")]
    [InlineData("Subject:  =?utf-8?Q?a=C3?=\n =?utf-8?Q?=A4=20=20b?= c", "AA\u0308 B C")]
    [InlineData("Subject: =?iso-2022-jp?B?GyRCRnwbKEI=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?=", "日本")]
    [InlineData("Subject: =?koi8-r?Q?=F0?= =?utf-8?B?0YA=?=", "ПР")]
    [InlineData("Subject: =?utf-8?Q?=FF?=x", "\uFFFDX")]
    [InlineData("Subject: =?x-none?Q?=C3=A4?=", "A\u0308")]
    public void Values(string header, string value)
    {
        foreach (var field in HeaderFields.Enumerate(Mail.Crlf(header + "\n\n")))
        {
            SearchText.Value(field).ShouldBe(value);
            SearchText.Line(field).ShouldBe("SUBJECT: " + value);
        }
    }

    private sealed class Collector : FoldingWriter
    {
        public string Text { get; private set; } = "";

        protected override void Take(ReadOnlySpan<char> folded) => Text += folded.ToString();
    }
}
