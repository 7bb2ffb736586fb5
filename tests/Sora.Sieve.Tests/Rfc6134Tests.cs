using Sora.Contracts;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6134 (extlists) with the results that it gives.</summary>
public sealed class Rfc6134Tests
{
    [Theory]
    [InlineData("friend@example.com", 0.7, "(keep)")]
    [InlineData("friend@example.com", 0.8, "fileinto spam")]
    [InlineData("stranger@example.com", 0.3, "fileinto spam")]
    [InlineData("stranger@example.com", 0.1, "(keep)")]
    public void Example_1(string from, double score, string outcome)
    {
        var host = new TestHost { Lists = { [SieveListName.DefaultAddressBook] = ["FRIEND@example.com"] }, Checks = { [SieveCheckKind.Spam] = score } };
        var envelope = new SieveEnvelope { From = from, To = "me@example.com" };
        Outcome(
            """
            require ["envelope", "extlists", "fileinto", "spamtest",
                     "relational", "comparator-i;ascii-numeric"];
            if envelope :list "from" ":addrbook:default"
              { /* Known: allow high spam score */
                if spamtest :value "ge" :comparator "i;ascii-numeric" "8"
                  {
                    fileinto "spam";
                  }
              }
            elsif spamtest :value "ge" :comparator "i;ascii-numeric" "3"
              { /* Unknown: less tolerance in spam score */
                fileinto "spam";
              }
            """,
            host: host,
            envelope: envelope).ShouldBe(outcome);
        Outcome(
            """
            require ["envelope", "extlists", "fileinto", "spamtest",
                "variables", "relational", "comparator-i;ascii-numeric"];
            if envelope :list "from" ":addrbook:default" {
              set "lim" "8";  /* Known: allow high spam score */
            } else {
              set "lim" "3";  /* Unknown: less tolerance in spam score */
            }
            if spamtest :value "ge" :comparator "i;ascii-numeric" "${lim}" {
              fileinto "spam";
            }
            """,
            host: host,
            envelope: envelope).ShouldBe(outcome);
    }

    [Theory]
    [InlineData("2026-11-28", "notify xmpp:romeo@im.example.com; (keep)")]
    [InlineData("2026-12-25", "(keep)")]
    public void Example_2(string holiday, string outcome) => Outcome(
        """
        require ["extlists", "date", "enotify"];
        if currentdate :list "date"
           "tag:example.com,2011-01-01:localHolidays" {
           notify "xmpp:romeo@im.example.com";
        }
        """,
        host: new TestHost { Lists = { ["tag:example.com,2011-01-01:localHolidays"] = [holiday] }, NotifySchemes = { "xmpp" } }).ShouldBe(outcome);

    [Theory]
    [InlineData("alexey+mylist@example.com", "a@example.com", "redirect :list tag:example.com,2010-05-28:mylist")]
    [InlineData("alexey+mylist@example.com", "b@example.com", "(keep)")]
    [InlineData("alexey@example.com", "a@example.com", "(keep)")]
    public void Example_3(string to, string from, string outcome) => Outcome(
        """
        require ["extlists", "envelope", "subaddress"];

        # Submission from list members is sent to all members
        if allof (envelope :detail "to" "mylist",
                  header :list "from"
                         "tag:example.com,2010-05-28:mylist") {
            redirect :list "tag:example.com,2010-05-28:mylist";
        }
        """,
        $"From: {from}\n\n",
        new TestHost { Lists = { ["tag:example.com,2010-05-28:mylist"] = ["a@example.com", "c@example.com"] } },
        new SieveEnvelope { From = from, To = to }).ShouldBe(outcome);

    [Theory]
    [InlineData("192.0.2.1", "reject Message not allowed from this IP address")]
    [InlineData("192.0.2.2", "(keep)")]
    public void Example_4(string ip, string outcome) => Outcome(
        """
        require ["variables", "extlists", "index", "reject"];
        if header :index 1 :matches "received" "*(* [*.*.*.*])*" {
          set "ip" "${3}.${4}.${5}.${6}";
          if string :list "${ip}"
              "tag:example.com,2011-04-10:DisallowedIPs" {
            reject "Message not allowed from this IP address";
          }
        }
        """,
        $"Received: from x (mail.example.net [{ip}]) by y; now\n\n",
        new TestHost { Lists = { ["tag:example.com,2011-04-10:DisallowedIPs"] = ["192.0.2.1"] } }).ShouldBe(outcome);

    [Theory]
    [InlineData("bad.exe", "EncloseAction; (keep)")]
    [InlineData("good.txt", "(keep)")]
    public void Example_5(string name, string outcome) => Outcome(
        """
        require [ "extlists", "foreverypart", "mime", "enclose" ];

        foreverypart
        {
          if header :mime :param "filename"
             :list ["Content-Type", "Content-Disposition"]
               "tag:example.com,2011-04-10:BadFileNameExts"
          {
            # these attachment types are executable
            enclose :subject "Warning" text:
        WARNING! The enclosed message has attachments that might be unsafe.
        .
        ;
            break;
          }
        }
        """,
        $"Content-Disposition: attachment; filename={name}\n\nx\n",
        new TestHost { Lists = { ["tag:example.com,2011-04-10:BadFileNameExts"] = ["bad.exe"] } }).ShouldBe(outcome);

    // "the following URIs are all equivalent" (section 2.5)
    [Theory]
    [InlineData(":addrbook:default")]
    [InlineData(":ADDRBOOK:DEFAULT")]
    [InlineData(":aDdRbOOk:DeFauLt")]
    [InlineData(":AddrBook:%44%65%66ault")]
    [InlineData("urn:ietf:params:sieve:addrbook:default")]
    [InlineData("URN:IETF:PARAMS:SIEVE:ADDRBOOK:DEFAULT")]
    public void TheDefaultAddressBook_2_5(string name)
    {
        SieveListName.TryNormalize(name, out var normal).ShouldBeTrue();
        normal.ShouldBe(SieveListName.DefaultAddressBook);
        Holds($"valid_ext_list \"{name}\"", require: "\"extlists\"", host: new SieveHost()).ShouldBeTrue("every server knows it");
    }

    [Theory]
    [InlineData(":addrbook:Family", "urn:ietf:params:sieve:addrbook:Family")]
    [InlineData(":addrbook:%46amily?a=%c3%A9", "urn:ietf:params:sieve:addrbook:Family?a=%C3%A9")]
    [InlineData("tag:example.com,2010:x", "tag:example.com,2010:x")]
    [InlineData("TAG:Example.com,2010:X", "tag:Example.com,2010:X")]
    [InlineData("URN:Example:Friends", "urn:example:Friends")]
    public void OtherNamesKeepTheirCase_2_5(string name, string expected)
    {
        SieveListName.TryNormalize(name, out var normal).ShouldBeTrue();
        normal.ShouldBe(expected);
    }

    [Theory]
    [InlineData("friends")]
    [InlineData("")]
    [InlineData(":addrbook")]
    [InlineData(":addrbook:")]
    [InlineData("tag:")]
    [InlineData("1a:b")]
    [InlineData("tag:a b")]
    [InlineData("tag:%4")]
    public void WhatIsNoUriNamesNoList_2_5(string name)
    {
        SieveListName.TryNormalize(name, out _).ShouldBeFalse();
        Errors($"require \"extlists\"; if header :list \"from\" \"{name}\" {{ stop; }}").ShouldContain("is no name of a list");
        Errors($"require \"extlists\"; redirect :list \"{name}\";").ShouldContain("is no name of a list");
        Holds($"valid_ext_list \"{name}\"", require: "\"extlists\"").ShouldBeFalse();
    }

    // "Comparators are not allowed together with the ":list" match type"; tests that do not take it are errors (section 2.2)
    [Theory]
    [InlineData("header :list :comparator \"i;octet\" \"from\" \":addrbook:default\"", "':comparator' cannot stand with ':list'")]
    [InlineData("body :list \":addrbook:default\"", "'body' cannot be used with ':list'")]
    [InlineData("environment :list \"name\" \":addrbook:default\"", "'environment' cannot be used with ':list'")]
    [InlineData("hasflag :list \":addrbook:default\"", "'hasflag' cannot be used with ':list'")]
    public void Mistakes_2_2(string test, string message) => Errors($"require [\"extlists\", \"body\", \"environment\", \"imap4flags\"]; if {test} {{ stop; }}").ShouldContain(message);

    // "MUST set the ${0} match variable to the value in the list that matched the query"
    [Fact]
    public void TheMatchVariable_2_2() => Outcome(
        "require [\"extlists\", \"variables\", \"fileinto\"]; if header :list \"from\" \":addrbook:default\" { fileinto \"${0}\"; }",
        "From:  joe@example.com \n\n",
        new TestHost { Lists = { [SieveListName.DefaultAddressBook] = ["Joe@Example.com"] } }).ShouldBe("fileinto Joe@Example.com");
}
