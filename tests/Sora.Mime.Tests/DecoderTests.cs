using System.Buffers;

namespace Sora.Mime.Tests;

public sealed class DecoderTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("=?US-ASCII?Q?Keith_Moore?=", "Keith Moore")]
    [InlineData("=?ISO-8859-1?Q?a?= b", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a_b?=", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b")]
    [InlineData("=?utf-8?B?w6TDtg==?=", "äö")]
    [InlineData("=?utf-8?B?w6TD?= =?utf-8?B?tg==?=", "äö")]
    [InlineData("=?utf-8?Q?=C3?= =?UTF-8?Q?=A4?=", "ä")]
    [InlineData("=?utf-8*de?Q?=C3=A4?=", "ä")]
    [InlineData("=?utf-8?b?w6Q?=", "ä")]
    [InlineData("=?utf-8?q?=c3=a4?=", "ä")]
    [InlineData("=?windows-1251?Q?=CF=F0?=", "Пр")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("=?koi8-r?B?8NLJ18XU?=", "Привет")]
    [InlineData("=?gb2312?B?xOO6ww==?=", "你好")]
    [InlineData("=?shift_jis?B?k/qWew==?=", "日本")]
    [InlineData("=?euc-kr?B?x9HAuw==?=", "한을")]
    [InlineData("=?big5?B?p0Gmbg==?=", "你好")]
    [InlineData("=?x-unknown?Q?=C3=A4?=", "ä")]
    [InlineData("=?x-unknown?Q?=E4?=", "ä")]
    [InlineData("=?us-ascii?Q?=C3=A4?=", "ä")]
    [InlineData("=?utf-8?X?abc?=", "=?utf-8?X?abc?=")]
    [InlineData("=?utf-8?Q?abc", "=?utf-8?Q?abc")]
    [InlineData("=?utf-8?Q", "=?utf-8?Q")]
    [InlineData("=?", "=?")]
    [InlineData("=??Q?x?=", "=??Q?x?=")]
    [InlineData("=?utf-8?Q??= x", " x")]
    [InlineData("=?utf-8?Q?a b?=", "a b")]
    [InlineData("=?utf-8?Q?=4?=", "=4")]
    [InlineData("=?utf-8?Q?=41?=", "A")]
    [InlineData("x=?utf-8?Q?a?=y", "xay")]
    [InlineData("a =?x =?utf-8?Q?b?=", "a =?x b")]
    [InlineData("\u00c3\u00a4 raw", "ä raw")]
    [InlineData("\u00e4 raw \u0080", "ä raw €")]
    [InlineData("a\r\n\tb", "a\tb")]
    [InlineData("=?utf-8?Q?a=0D=0Ab=00c?=", "a  bc")]
    public void Header_text(string raw, string text) => EncodedWord.Decode(Mail.Bytes(raw)).ShouldBe(text);

    [Theory]
    [InlineData("filename=plain.txt", "plain.txt")]
    [InlineData("FileName=plain.txt", "plain.txt")]
    [InlineData("filename*=utf-8''%e2%82%ac%20rates", "€ rates")]
    [InlineData("filename=fallback; filename*=UTF-8'en'%C3%A4", "ä")]
    [InlineData("filename*=iso-8859-1'en'%A3%20rates", "£ rates")]
    [InlineData("filename*0=a; filename*1=b; filename*2=c", "abc")]
    [InlineData("filename*1=b; filename*0=a", "ab")]
    [InlineData("filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=%41", "ä%41")]
    [InlineData("filename*0=a; filename*2=c", "a")]
    [InlineData("filename=\"=?utf-8?Q?=C3=A4.txt?=\"", "ä.txt")]
    [InlineData("filename*0=\"=?utf-8?Q?=C3=A4\"; filename*1=\"=C3=B6?=\"", "äö")]
    [InlineData("filename=\u00c3\u00a4.txt", "ä.txt")]
    [InlineData("filename*=%C3%A4", "ä")]
    [InlineData("filename*=nonsense''%E4", "ä")]
    [InlineData("filename*=utf-8''%4", "%4")]
    [InlineData("filename*x=1; filenames=2", null)]
    public void Parameters(string written, string? value)
    {
        var part = Mail.Parse($"Content-Disposition: attachment; {written}\n\n").Root;

        ParameterDecoder.Find(part.DispositionParameters, "filename").ShouldBe(value);
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("aGVsbG8=", "hello", false)]
    [InlineData("aGVs\r\nbG8=\r\n", "hello", false)]
    [InlineData("a G\tV s b G 8 =", "hello", false)]
    [InlineData("aGVsbG8", "hello", true)]
    [InlineData("aGVs*bG8=", "hello", true)]
    [InlineData("aGVsbG8=aGVsbG8=", "hellohello", false)]
    [InlineData("aA==aA==", "hh", false)]
    [InlineData("aGVsb", "hel", true)]
    [InlineData("aB==", "h", false)]
    [InlineData("====", "", true)]
    [InlineData("aA=", "h", true)]
    public void Base64(string encoded, string decoded, bool hasErrors) => Transfer(TransferEncoding.Base64, encoded, decoded, hasErrors);

    [Theory]
    [InlineData("a=3Db", "a=b", false)]
    [InlineData("a=3db", "a=b", false)]
    [InlineData("soft=\r\nbreak", "softbreak", false)]
    [InlineData("soft=\nbreak", "softbreak", false)]
    [InlineData("soft= \t\r\nbreak", "softbreak", false)]
    [InlineData("trail  \t\r\nx y", "trail\r\nx y", false)]
    [InlineData("kept =20\r\n", "kept  \r\n", false)]
    [InlineData("bad=zz", "bad=zz", true)]
    [InlineData("bad=4z", "bad=4z", true)]
    [InlineData("a= b", "a= b", true)]
    [InlineData("end=", "end", false)]
    [InlineData("end=4", "end=4", true)]
    [InlineData("end \t", "end", false)]
    [InlineData("==3D", "==", true)]
    [InlineData("\u00e4", "\u00e4", false)]
    [InlineData("a\r\n\r\nb", "a\r\n\r\nb", false)]
    public void QuotedPrintable(string encoded, string decoded, bool hasErrors) =>
        Transfer(TransferEncoding.QuotedPrintable, encoded, decoded, hasErrors);

    [Theory]
    [InlineData("begin 644 x\n%:&5L;&\\\n`\nend\n", "hello", false)]
    [InlineData("junk\nbegin 644 x\r\n%:&5L;&\\\r\n \r\nend\r\njunk", "hello", false)]
    [InlineData("begin 644 x\n%:&5L;&\\\n", "hello", true)]
    [InlineData("no begin", "", true)]
    public void Uuencode(string encoded, string decoded, bool hasErrors) => Transfer(TransferEncoding.UuEncode, encoded, decoded, hasErrors);

    [Theory]
    [InlineData(null, TransferEncoding.Identity)]
    [InlineData("8BIT", TransferEncoding.Identity)]
    [InlineData("Base64", TransferEncoding.Base64)]
    [InlineData("quoted-printable", TransferEncoding.QuotedPrintable)]
    [InlineData("x-uuencode", TransferEncoding.UuEncode)]
    [InlineData("x-own", TransferEncoding.Unknown)]
    public void Encoding_names(string? name, TransferEncoding encoding) => TransferDecoder.Parse(name).ShouldBe(encoding);

    [Fact]
    public void Large_base64_is_the_inverse_of_encoding()
    {
        byte[] data = new byte[100_003];
        new Random(5).NextBytes(data);
        byte[] encoded = Mail.Bytes(Convert.ToBase64String(data, Base64FormattingOptions.InsertLineBreaks));
        var output = new ArrayBufferWriter<byte>();

        TransferDecoder.TryDecode(encoded, TransferEncoding.Base64, output).ShouldBeTrue();

        output.WrittenSpan.SequenceEqual(data).ShouldBeTrue();
        TransferDecoder.TryDecode(encoded, TransferEncoding.Unknown, output).ShouldBeFalse();
    }

    [Theory]
    [InlineData("utf-8", 65001)]
    [InlineData("UTF8", 65001)]
    [InlineData("\"iso-8859-1\"", 1252)]
    [InlineData("iso-8859-15", 28605)]
    [InlineData("ISO_8859-2", 28592)]
    [InlineData("windows-1250", 1250)]
    [InlineData("cp1250", 1250)]
    [InlineData("cp-850", 850)]
    [InlineData("ibm437", 437)]
    [InlineData("koi8-u", 21866)]
    [InlineData("iso-2022-kr", 50225)]
    [InlineData("gb18030", 54936)]
    [InlineData("utf-16le", 1200)]
    [InlineData("utf-16be", 1201)]
    [InlineData("utf-7", 65000)]
    [InlineData("ks_c_5601-1987", 949)]
    public void Charset_names(string name, int codePage) => Charsets.Get(name).CodePage.ShouldBe(codePage);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x-unknown")]
    [InlineData("cp0")]
    [InlineData("cp99999999999")]
    [InlineData("iso-8859-99")]
    [InlineData("8bit")]
    public void Unknown_charsets(string? name)
    {
        Charsets.TryGet(name, out _).ShouldBeFalse();
        Charsets.Get(name).CodePage.ShouldBe(1252);
    }

    [Theory]
    [InlineData("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00")]
    [InlineData("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00")]
    [InlineData("Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30")]
    [InlineData("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00")]
    [InlineData("21 Nov 05 09:55 EST", "2005-11-21T09:55:00-05:00")]
    [InlineData("Fri, 21 Nov 1997 09(comment): 55 : 06 -0600", "1997-11-21T09:55:06-06:00")]
    [InlineData("1 Jan 103 00:00:00 Z", "2003-01-01T00:00:00+00:00")]
    [InlineData("Sat Feb  1 01:02:03 2007", "2007-02-01T01:02:03+00:00")]
    [InlineData("Sat Feb  1 01:02:03 PST 2007", "2007-02-01T01:02:03-08:00")]
    [InlineData("01-Feb-2007 01:02:03 +0100", "2007-02-01T01:02:03+01:00")]
    [InlineData("2007-02-01T01:02:03Z", "2007-02-01T01:02:03+00:00")]
    [InlineData("2007-02-01 01:02:03 +01:30", "2007-02-01T01:02:03+01:30")]
    [InlineData("Sat, 01 February 2007 1:02:03 GMT+2", "2007-02-01T01:02:03+02:00")]
    [InlineData("1 Feb 2007", "2007-02-01T00:00:00+00:00")]
    [InlineData("1 Feb 2007 23:59:60 +0000", "2007-02-01T23:59:59+00:00")]
    [InlineData("1 Feb 2007 01:02:03 +2359", "2007-02-01T01:02:03+00:00")]
    [InlineData("1 Feb 2007 01:02:03 -1401", "2007-02-01T01:02:03+00:00")]
    [InlineData("1 Feb 2007 01:02:03 A", "2007-02-01T01:02:03+00:00")]
    [InlineData("31 Feb 2007 01:02:03 +0000", null)]
    [InlineData("1 Foo 2007 01:02:03", null)]
    [InlineData("1 Feb 2007 25:02:03", "2007-02-01T00:00:00+00:00")]
    [InlineData("1 Feb 2007 10:61:03 -0800", "2007-02-01T00:00:00-08:00")]
    [InlineData("1 Feb 2007 1:x:3 +0100", "2007-02-01T00:00:00+01:00")]
    [InlineData("1 Feb 2007 10:00:00 11:00:00", "2007-02-01T10:00:00+00:00")]
    [InlineData("nonsense", null)]
    [InlineData("", null)]
    [InlineData("1 Feb 99999 00:00", null)]
    public void Dates(string written, string? expected) =>
        (DateParser.Parse(Mail.Bytes(written))?.ToString("yyyy-MM-ddTHH:mm:sszzz")).ShouldBe(expected, customMessage: written);

    [Theory]
    [InlineData("test", "test", false)]
    [InlineData("Re: test", "test", true)]
    [InlineData("RE : test", "test", true)]
    [InlineData("fwd: test", "test", true)]
    [InlineData("Fw: Re: FWD: test", "test", true)]
    [InlineData("Re[2]: test", "test", true)]
    [InlineData("[list] test", "test", false)]
    [InlineData("[list] Re: [other] test", "test", true)]
    [InlineData("[list] [other]", "[other]", false)]
    [InlineData("[list]", "[list]", false)]
    [InlineData("test (fwd)", "test", true)]
    [InlineData("test (fwd) (FWD)  ", "test", true)]
    [InlineData("[fwd: test]", "test", true)]
    [InlineData("[Fwd: Re: [fwd: test (fwd)]]", "test", true)]
    [InlineData("a \t b", "a b", false)]
    [InlineData("=?utf-8?Q?Re:_=C3=A4?=", "ä", true)]
    [InlineData("Re: ", "", true)]
    [InlineData("regards: x", "regards: x", false)]
    [InlineData("[unclosed test", "[unclosed test", false)]
    [InlineData("[fwd:]", "", true)]
    public void Base_subjects(string subject, string expected, bool marked)
    {
        BaseSubject.Extract(Mail.Bytes(subject), out bool isReplyOrForward).ShouldBe(expected);
        isReplyOrForward.ShouldBe(marked);
    }

    private static void Transfer(TransferEncoding encoding, string encoded, string decoded, bool hasErrors)
    {
        byte[] bytes = Mail.Bytes(encoded);
        var decoder = new TransferDecoder(encoding);
        foreach (int chunk in (int[])[1, 2, 3, 1000])
        {
            decoder.Reset();
            var output = new ArrayBufferWriter<byte>();
            for (int i = 0; i < bytes.Length; i += chunk)
                decoder.Decode(bytes.AsSpan(i, Math.Min(chunk, bytes.Length - i)), output);
            decoder.Complete(output);

            Mail.Latin(output.WrittenSpan).ShouldBe(decoded);
            decoder.HasErrors.ShouldBe(hasErrors);
        }
    }
}
