using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5260 (date, index) with the results that it gives.</summary>
public sealed class Rfc5260Tests
{
    [Theory]
    [InlineData("Tue, 1 Apr 2025 08:59:59 -0800", "(keep)")]
    [InlineData("Tue, 1 Apr 2025 09:00:00 -0800", "fileinto urgent")]
    [InlineData("Tue, 1 Apr 2025 16:59:59 +0530", "fileinto urgent")]
    [InlineData("Tue, 1 Apr 2025 17:00:00 +0530", "(keep)")]
    public void OriginalZone_4_3(string date, string outcome) => Outcome(
        """
        require ["date", "relational", "fileinto"];
        if allof(header :is "from" "boss@example.com",
                 date :value "ge" :originalzone "date" "hour" "09",
                 date :value "lt" :originalzone "date" "hour" "17")
        { fileinto "urgent"; }
        """,
        $"From: boss@example.com\nDate: {date}\n\n").ShouldBe(outcome);

    [Theory]
    [InlineData("Sun, 30 Mar 2025 12:00:00 +0000", "fileinto weekend")]
    [InlineData("Sat, 29 Mar 2025 12:00:00 +0000", "fileinto weekend")]
    [InlineData("Fri, 28 Mar 2025 12:00:00 +0000", "(keep)")]
    public void Received_4_3(string date, string outcome) => Outcome(
        """
        require ["date", "relational", "fileinto"];
        if anyof(date :is "received" "weekday" "0",
                 date :is "received" "weekday" "6")
        { fileinto "weekend"; }
        """,
        $"Received: from a by b for <c@d>; {date}\n\n").ShouldBe(outcome);

    [Theory]
    [InlineData("2026-11-28T12:00", true)]
    [InlineData("2026-11-29T12:00", true)]
    [InlineData("2026-11-27T08:59", true)]
    [InlineData("2026-11-27T09:00", false)]
    [InlineData("2026-11-27T16:59", false)]
    [InlineData("2026-11-27T17:00", true)]
    public void OutOfOfficeHours_5(string time, bool isRedirected) => At(
        time,
        """
        require ["date", "relational"];
        if anyof(currentdate :is "weekday" "0",
                 currentdate :is "weekday" "6",
                 currentdate :value "lt" "hour" "09",
                 currentdate :value "ge" "hour" "17")
        { redirect "pager@example.com"; }
        """).ShouldBe(isRedirected ? "redirect pager@example.com" : "(keep)");

    [Theory]
    [InlineData("2007-06-29T23:59", false)]
    [InlineData("2007-06-30T00:00", true)]
    [InlineData("2007-07-07T23:59", true)]
    [InlineData("2007-07-08T00:00", false)]
    public void AWeekAway_5(string time, bool isAnswered) => At(
        time,
        """
        require ["date", "relational", "vacation"];
        if allof(currentdate :value "ge" "date" "2007-06-30",
                 currentdate :value "le" "date" "2007-07-07")
        { vacation :days 7  "I'm away during the first week in July."; }
        """).ShouldBe(isAnswered ? "vacation to coyote@desert.example.org; (keep)" : "(keep)");

    [Fact]
    public void AMailboxForAMonth_5() => At(
        "2026-11-28T12:00",
        """
        require ["date", "variables", "fileinto"];
        if currentdate :matches "month" "*" { set "month" "${1}"; }
        if currentdate :matches "year"  "*" { set "year"  "${1}"; }
        fileinto "${month}-${year}";
        """).ShouldBe("fileinto 11-2026");

    [Fact]
    public void AProcessingDate_5() => At(
        "2026-11-28T12:00",
        """
        require ["variables", "date", "editheader"];
        if currentdate :matches "std11" "*"
          {addheader "Processing-date" "${0}";}
        """).ShouldBe("addheader Processing-date: Sat, 28 Nov 2026 12:00:00 +0000; (keep)");

    [Theory]
    [InlineData("Mon, 26 Feb 2007 14:00:00 +0000", "(keep)")]
    [InlineData("Mon, 26 Feb 2007 14:00:01 +0000", "redirect aftercutoff@example.org")]
    public void Index_6(string date, string outcome) => Outcome(
        """
        # Implement the Internet-Draft cutoff date check assuming the
        # second Received: field specifies when the message first
        # entered the local email infrastructure.
        require ["date", "relational", "index"];
        if date :value "gt" :index 2 :zone "-0500" "received"
                "iso8601" "2007-02-26T09:00:00-05:00"
        { redirect "aftercutoff@example.org"; }
        """,
        $"Received: by c; Mon, 26 Feb 2007 23:00:00 +0000\nReceived: by b; {date}\nReceived: by a; Mon, 26 Feb 2007 01:00:00 +0000\n\n").ShouldBe(outcome);

    private static string At(string time, string script) => Show(Run(Input(script, "To: roadrunner@acme.example.com\n\n") with
    {
        Time = DateTimeOffset.Parse(time + ":00Z", System.Globalization.CultureInfo.InvariantCulture),
    }));
}
