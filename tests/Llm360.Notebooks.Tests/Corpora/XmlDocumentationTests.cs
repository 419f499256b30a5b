// Extraction of the text of a member from XML documentation.
using System.Text;

namespace Llm360.Notebooks.Tests;

public class XmlDocumentationTests
{
    private static List<(string Member, string Text)> Read(string members) =>
        XmlDocumentation.Read(new MemoryStream(Encoding.UTF8.GetBytes(
            $"<?xml version=\"1.0\"?><doc><assembly><name>A</name></assembly><members>{members}</members></doc>")), "test.xml");

    [Fact]
    public void White_space_folds_and_elements_end_words()
    {
        var (member, text) = Assert.Single(Read(
            "<member name=\"M:A.B\">\n  <summary>\n   One\t two.\n </summary><returns>Three <c>fo</c>ur.</returns>"
            + "<remarks><para>Five.</para><para>Six.</para></remarks></member>"));
        Assert.Equal("M:A.B", member);
        Assert.Equal("One two. Three four. Five. Six.", text);
    }

    [Fact]
    public void References_read_as_short_names()
    {
        var text = Assert.Single(Read(
            """<member name="M:A.B"><summary>A <see cref="T:System.Collections.Generic.List`1" /> of <paramref name="items"/> """
            + """is <see langword="null"/>, see <see cref="M:A.B.C(System.Int32)">that method</see>""" + "\n"
            + """and <see cref="P:A.B.Count"></see>, <see href="https://example.org/x">a page</see>.</summary>"""
            + """<typeparam name="T">The type.</typeparam><param name="items">The items.</param><param name="empty" />""" + "\n"
            + """<exception cref="T:System.ArgumentException">It is empty.</exception>"""
            + """<exception cref="T:System.Exception"></exception><seealso cref="T:A.D"/></member>""")).Text;
        Assert.Equal(
            "A List of items is null, see that method and B.Count, a page. T: The type. items: The items. ArgumentException: It is empty.",
            text);
    }

    [Theory]
    [InlineData("T:System.Array", "Array")]
    [InlineData("M:System.IObservable`1.Subscribe(System.IObserver{`0})", "IObservable.Subscribe")]
    [InlineData("M:System.Collections.Generic.List`1.#ctor(System.Int32)", "List")]
    [InlineData("M:A.B.System#IDisposable#Dispose", "B.Dispose")]
    [InlineData("T:System.Func{System.IObserver{`0},System.IDisposable}", "Func")]
    [InlineData("M:A.B.Map``2(System.Func{``0,``1})", "B.Map")]
    [InlineData("F:A.Color.Red", "Color.Red")]
    [InlineData("N:System.Text", "System.Text")]
    [InlineData("Overload:A.B.Add", "B.Add")]
    [InlineData("!:Missing", "Missing")]
    [InlineData("List", "List")]
    [InlineData("", "")]
    public void Crefs_shorten(string cref, string expected) => Assert.Equal(expected, CrefName.Shorten(cref));

    [Fact]
    public void Members_without_text_are_no_documents() =>
        Assert.Equal(
            ["M:A.C"],
            Read("<member name=\"M:A.A\"/><member name=\"M:A.B\"> <inheritdoc cref=\"T:A.X\"/> </member>"
                + "<member name=\"M:A.C\"><summary>C</summary></member><member name=\"M:A.D\"><param name=\"x\"/></member>")
                .Select(m => m.Member));

    [Fact]
    public void Members_stay_in_file_order_and_code_is_text() =>
        Assert.Equal(
            ["b", "if (a < b)"],
            Read("<member name=\"Z\"><summary>b</summary></member>"
                + "<member name=\"A\"><example><code><![CDATA[if (a\n < b)]]></code></example></member>")
                .Select(m => m.Text));

    [Fact]
    public void Entities_of_a_document_type_are_refused()
    {
        var xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE doc [<!ENTITY a \"b\">]>\n<doc><member name=\"A\">&a;</member></doc>"u8.ToArray();
        var error = Assert.Throws<Llm360Exception>(() => XmlDocumentation.Read(new MemoryStream(xml), "test.xml"));
        Assert.StartsWith("test.xml", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_short_is_named()
    {
        var error = Assert.Throws<Llm360Exception>(
            () => XmlDocumentation.Read(new MemoryStream("<doc>\n<members>\n<member name=\"A\">x"u8.ToArray()), "test.xml"));
        Assert.Contains("test.xml, line 3", error.Where, StringComparison.Ordinal);
    }
}
