# Run: mock-server exec -- ruby poll_test.rb
#
# A Ruby client of Wangsu's status API, with the standard library and minitest, tested against a mock server. The tests
# move the task's time on instead of sleeping.
require 'json'
require 'minitest/autorun'
require 'net/http'
require 'uri'

# The job as it ended. A status of 500 or more and an unreadable body are temporary.
def wait_for(base, id, sleep:, polls: 10)
  pause = 1
  polls.times do
    response = Net::HTTP.get_response(URI("#{base}/fmgr/status?#{URI.encode_www_form(persistentId: id)}"))
    status = response.code.to_i
    raise KeyError, "#{id}: status #{status}" if (400..499).cover?(status)

    job = begin
      JSON.parse(response.body)
    rescue JSON::ParserError
      nil
    end
    # 0 waits, 1 is worked on; all else is an end, of which the items say what became of them.
    return job if status == 200 && job && ![0, 1].include?(job['code'])

    sleep.call(pause)
    pause = [2 * pause, 30].min
  end
  raise "#{id} did not end"
end

class PollTest < Minitest::Test
  def admin(path, body)
    uri = URI("#{ENV.fetch('MOCK_SERVER_ADMIN_URL')}/__admin/#{path}")
    response = Net::HTTP.post(uri, JSON.generate(body), 'Content-Type' => 'application/json')
    assert response.is_a?(Net::HTTPSuccess), response.body
    JSON.parse(response.body)
  end

  def create(scenario)
    admin('tasks', { vendor: 'wangsu', scenario: scenario })['id']
  end

  def wait(id)
    sleep = ->(pause) { admin('tasks/shift', { vendor: 'wangsu', id: id, by: "#{pause}s" }) }
    wait_for(ENV.fetch('MOCK_SERVER_URL'), id, sleep: sleep)
  end

  def test_an_outage_is_waited_out
    id = create('outage-then-recovery')
    assert wait(id)['items'].all? { |item| item['code'].to_s == '3' }
    admin('requests/verify', { where: { id: id }, statuses: [200, 599, 599, 200] })
  end

  def test_an_unknown_job_is_not_waited_for
    id = create('not-found')
    assert_raises(KeyError) { wait(id) }
    admin('requests/verify', { where: { id: id }, count: 1 })
  end
end
