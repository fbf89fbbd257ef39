using System.Reflection;
using SimSearch.Charts;

namespace SimSearch.Tests;

public class ChartFormatterSourceTests
{
    [Fact]
    public void Every_rich_type_has_a_formatter_for_each_mime_type_it_prefers()
    {
        // Read by reflection, as kernels do. A preferred type without a formatter makes .NET Interactive overflow its stack.
        int rich = 0;
        foreach (var type in typeof(Chart).Assembly.GetTypes())
            foreach (var attribute in type.GetCustomAttributes(inherit: false).Where(a => a.GetType().Name == "TypeFormatterSourceAttribute"))
            {
                rich++;
                var source = (Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!;
                var preferred = (string[])attribute.GetType().GetProperty("PreferredMimeTypes")!.GetValue(attribute)!;
                object made = Activator.CreateInstance(source)!;
                var formatters = (System.Collections.IEnumerable)source.GetMethod("CreateTypeFormatters", BindingFlags.Public | BindingFlags.Instance)!.Invoke(made, null)!;
                string[] types = [.. formatters.Cast<object>().Select(f => (string)f.GetType().GetProperty("MimeType")!.GetValue(f)!)];
                Assert.NotEmpty(preferred);
                Assert.All(preferred, mime => Assert.Contains(mime, types));
                foreach (object formatter in formatters)
                    Assert.Equal(typeof(bool), formatter.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)])!.ReturnType);
            }
        Assert.True(rich > 0);
    }

    [Fact]
    public void A_chart_writes_itself_and_leaves_other_things_alone()
    {
        foreach (ChartFormatterSource.Formatter formatter in new ChartFormatterSource().CreateTypeFormatters())
        {
            var text = new StringWriter();
            Assert.False(formatter.Format("no chart", text));
            Assert.Equal("", text.ToString());
            Assert.True(formatter.Format(SampleCharts.Line(), text));
            Assert.StartsWith(formatter.MimeType switch { "text/html" => "<figure", "image/svg+xml" => "<svg", _ => "Line. Level (dB)" }, text.ToString());
        }
    }
}
