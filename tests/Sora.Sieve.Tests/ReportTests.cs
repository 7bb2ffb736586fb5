using System.Text;
using Sora.Mime;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The message that <c>report</c> sends (RFC 5965, Pigeonhole's vnd.dovecot.report).</summary>
public sealed class ReportTests
{
    private const string Spam = """
        Return-Path: <spammer@example.com>
        From: "Steve Pammer" <spammer@example.com>
        To: "Victor Timson" <victim@example.org>
        Subject: Very interesting products

        We have very interesting offers!

        """;

    [Fact]
    public async Task AReportIsAMultipartReport()
    {
        var report = await WriteAsync("report \"abuse\" \"This slipped through.\" \"spam-report@example.org\";");
        report.ShouldStartWith(
            """
            Message-ID: <1@example.org>
            Date: Sat, 28 Nov 2026 12:30:00 +0000
            From: Postmaster <postmaster@example.org>
            To: <spam-report@example.org>
            Subject: Report: Very interesting products
            Auto-Submitted: auto-generated (report)
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=feedback-report;

            """.ReplaceLineEndings("\r\n"));
        report.ShouldContain("Feedback-Type: abuse\r\nUser-Agent: Sora/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <spammer@example.com>\r\nOriginal-Rcpt-To: <victim@example.org>\r\n");
        var root = MimeReader.Parse(Encoding.UTF8.GetBytes(report)).Root;
        root.Children.Select(static part => $"{part.Type}/{part.Subtype}").ShouldBe(["text/plain", "message/feedback-report", "message/rfc822"]);
        report.ShouldContain("This slipped through.");
        report.ShouldContain("\r\n\r\nReturn-Path: <spammer@example.com>\r\n");
        report.ShouldContain("We have very interesting offers!");
    }

    [Theory]
    [InlineData("report :headers_only \"abuse\" \"x\" \"a@b.example\";", 1_000_000)]
    [InlineData("report \"abuse\" \"x\" \"a@b.example\";", 100)] // the whole message is larger than what may be sent
    public async Task OnlyTheHeader(string script, int maxSize)
    {
        var report = await WriteAsync(script, Spam, maxSize);
        report.ShouldContain("Content-Type: text/rfc822-headers\r\n");
        report.ShouldContain("Subject: Very interesting products");
        report.ShouldNotContain("interesting offers");
    }

    [Fact]
    public async Task WhatTheScriptChangedIsReported() =>
        (await WriteAsync("addheader \"X-Seen\" \"yes\"; report \"abuse\" \"x\" \"a@b.example\";")).ShouldContain("\r\n\r\nX-Seen: yes\r\nReturn-Path:");

    [Fact]
    public async Task TextBeyondAsciiIsEncoded()
    {
        var report = await WriteAsync("report \"abuse\" \"Grüße\" \"a@b.example\";", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nä\n");
        report.ShouldContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("Grüße")));
        report.ShouldContain("Subject: =?UTF-8?B?");
        report.ShouldContain("Content-Transfer-Encoding: 8bit\r\n");
    }

    [Theory]
    [InlineData("set \"t\" \"a b\"; report \"${t}\" \"x\" \"a@b.example\";", "report: \"a b\" is no feedback type such as \"abuse\"")]
    [InlineData("set \"t\" \"nobody\"; report \"abuse\" \"x\" \"${t}\";", "report: \"nobody\" is no address")]
    public void MistakesAtRunTime(string script, string message) => Run($"require [\"vnd.dovecot.report\", \"variables\"]; {script}").Error!.Message.ShouldBe(message);

    [Fact]
    public void ReportsAreLimited() => Run(
        $"require \"vnd.dovecot.report\"; {string.Concat(Enumerable.Range(0, 5).Select(static i => $"report \"t{i}\" \"x\" \"a@b.example\";"))}").Error!.Message
        .ShouldBe("More than 4 notifications");

    private static async Task<string> WriteAsync(string script, string message = Spam, int maxSize = 1_000_000)
    {
        var input = Input($"require [\"vnd.dovecot.report\", \"editheader\"]; {script}", message, envelope: new SieveEnvelope { From = "spammer@example.com", To = "victim@example.org" });
        var bytes = await SieveReport.WriteAsync(
            Run(input).Actions.OfType<ReportAction>().Single(),
            new SieveReportSource
            {
                Message = input.Message,
                Envelope = input.Envelope,
                From = "Postmaster <postmaster@example.org>",
                UserAgent = "Sora/1.0",
                MessageId = "<1@example.org>",
                Time = input.Time,
                MaxMessageSize = maxSize,
            },
            CancellationToken.None);
        return Encoding.UTF8.GetString(bytes);
    }
}
